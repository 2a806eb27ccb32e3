// The AWS SDK over the S3 protocol: lib-storage up, four ranges at a time down. SHA-256 or CRC-32 of every part, as it does by itself.
import { createReadStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { inRanges } from '../lib/ranges.mjs'

const require = createRequire(import.meta.url)

export async function open(job) {
  const { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } = await import('@aws-sdk/client-s3')
  const { Upload } = await import('@aws-sdk/lib-storage')
  const client = new S3Client({
    endpoint: job.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
    forcePathStyle: true,
  })
  const Bucket = 'bench'
  const fetch = async (Key, Range) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...(Range && { Range }) }))
    return Body.transformToByteArray()
  }
  return {
    crc: false,
    version: require('@aws-sdk/lib-storage/package.json').version,
    upload: (Key, file) =>
      new Upload({
        client,
        params: { Bucket, Key, Body: createReadStream(file) },
        partSize: job.part,
        queueSize: job.parallel,
      }).done(),
    async download(Key, file) {
      const { ContentLength } = await client.send(new HeadObjectCommand({ Bucket, Key }))
      await inRanges(file, ContentLength, job, (offset, size) => fetch(Key, `bytes=${offset}-${offset + size - 1}`))
    },
    put: (Key, Body) => client.send(new PutObjectCommand({ Bucket, Key, Body })),
    get: async key => (await fetch(key)).length,
    putFile: async (Key, file) => client.send(new PutObjectCommand({ Bucket, Key, Body: await readFile(file) })),
    getFile: async (key, file) => writeFile(file, await fetch(key)),
  }
}
