import { closeSync, openSync, statSync } from 'node:fs'

/** Makes a client of a bare HTTP library: the multipart protocol around buffers that are there already. */
export function inMemory(job, { version, exchange, read, receive, close }) {
  const lanes = async (count, work) => {
    let next = 0
    const lane = async () => {
      while (next < count) await work(next++)
    }
    await Promise.all(Array.from({ length: job.parallel }, lane))
  }
  return {
    crc: false,
    version,
    async upload(key, file) {
      const { size } = statSync(file)
      const memory = Buffer.alloc(job.part, 7)
      const [, id] = /<UploadId>(\w+)</.exec((await exchange('POST', `${key}?uploads`)).text)
      await lanes(Math.ceil(size / job.part), async i => {
        const body = memory.subarray(0, Math.min(job.part, size - i * job.part))
        await exchange('PUT', `${key}?partNumber=${i + 1}&uploadId=${id}`, { body })
      })
      await exchange('POST', `${key}?uploadId=${id}`, { body: Buffer.from('<CompleteMultipartUpload/>') })
    },
    async download(key, file) {
      const size = Number((await exchange('HEAD', key)).headers['content-length'])
      const target = openSync(file, 'wx')
      await lanes(Math.ceil(size / job.part), async i => {
        const offset = i * job.part
        const length = Math.min(job.part, size - offset)
        if ((await receive(key, offset, length, target)) !== length) throw new Error('the answer is too short')
      })
      closeSync(target)
    },
    put: (key, body) => exchange('PUT', key, { body }),
    get: read,
    close,
  }
}
