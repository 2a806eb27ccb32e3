// ali-oss: parts in parallel up, one stream down (it has no other way), no CRC-64.

import { readFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export async function open(job) {
  const OSS = require('ali-oss')
  const client = new OSS({
    region: 'oss-cn-hangzhou',
    endpoint: job.endpoint,
    cname: true,
    bucket: 'bench',
    accessKeyId: 'id',
    accessKeySecret: 'secret',
    timeout: 600_000,
    // It names a host that no certificate for this machine can have.
    ...(job.ca && {
      httpsAgent: new Agent({ keepAlive: true, ca: readFileSync(job.ca), checkServerIdentity: () => undefined }),
    }),
  })
  return {
    crc: false,
    version: require('ali-oss/package.json').version,
    upload: (key, file) => client.multipartUpload(key, file, { parallel: job.parallel, partSize: job.part }),
    download: (key, file) => client.get(key, file),
    put: (key, bytes) => client.put(key, bytes),
    get: async key => (await client.get(key)).content.length,
    putFile: (key, file) => client.put(key, file),
    getFile: (key, file) => client.get(key, file),
  }
}
