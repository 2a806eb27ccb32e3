// opendal: its writer with four chunks in flight up, four ranged reads at a time down, no CRC-64.
import { open as openFile, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { inRanges } from '../lib/ranges.mjs'

const require = createRequire(import.meta.url)

export async function open(job) {
  if (job.ca) return { reason: 'has no option to trust the certificate of the server' }
  const { Operator } = await import('opendal')
  const operator = new Operator('oss', {
    // The bucket becomes the first label of the host: together they are the loopback address.
    bucket: '127',
    endpoint: job.endpoint.replace('127.', ''),
    root: '/',
    access_key_id: 'id',
    access_key_secret: 'secret',
  })
  return {
    crc: false,
    version: require('opendal/package.json').version,
    async upload(key, file) {
      const source = await openFile(file)
      const writer = await operator.writer(key, { chunk: BigInt(job.part), concurrent: job.parallel })
      const { size } = await source.stat()
      for (let offset = 0; offset < size; offset += job.part) {
        const part = Buffer.allocUnsafeSlow(Math.min(job.part, size - offset))
        await source.read(part, 0, part.length, offset)
        await writer.write(part)
      }
      await writer.close()
      await source.close()
    },
    async download(key, file) {
      const { contentLength } = await operator.stat(key)
      await inRanges(file, Number(contentLength), job, (offset, size) =>
        operator.read(key, { offset: BigInt(offset), size: BigInt(size) }),
      )
    },
    put: (key, bytes) => operator.write(key, bytes),
    get: async key => (await operator.read(key)).length,
    putFile: async (key, file) => operator.write(key, await readFile(file)),
    getFile: async (key, file) => writeFile(file, await operator.read(key)),
  }
}
