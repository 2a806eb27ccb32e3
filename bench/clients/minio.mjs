// minio over the S3 protocol: fPutObject and fGetObject, which have no option for parallel parts. MD5, and SHA-256 over HTTP.
import { createRequire } from 'node:module'
import { buffer } from 'node:stream/consumers'

const require = createRequire(import.meta.url)

export async function open(job) {
  const { Client } = await import('minio')
  const { hostname, port, protocol } = new URL(job.endpoint)
  const client = new Client({
    endPoint: hostname,
    port: Number(port),
    useSSL: protocol === 'https:',
    accessKey: 'id',
    secretKey: 'secret',
    region: 'us-east-1',
    pathStyle: true,
    partSize: job.part || 64 * 1024 * 1024,
  })
  return {
    crc: false,
    version: require('minio/package.json').version,
    upload: (key, file) => client.fPutObject('bench', key, file),
    download: (key, file) => client.fGetObject('bench', key, file),
    put: (key, bytes) => client.putObject('bench', key, bytes, bytes.length),
    get: async key => (await buffer(await client.getObject('bench', key))).length,
    putFile: (key, file) => client.fPutObject('bench', key, file),
    getFile: (key, file) => client.fGetObject('bench', key, file),
  }
}
