import type { Client } from '../client/client.js'
import { type CommandLine, readCommandLine, readCount } from './command-line.js'
import { withClient } from './connect.js'
import { formatLocation, type OssLocation, requireLocation } from './location.js'
import { oneLine, printJson, printLine } from './print.js'

const flag = { type: 'boolean' } as const

const options = {
  directory: { ...flag, short: 'd' },
  'all-versions': flag,
  multipart: { ...flag, short: 'm' },
  'limited-num': { type: 'string' },
} as const

const usage = `usage: ferross ls [options] [oss://bucket[/prefix]]

Lists buckets, or the objects whose keys begin with the prefix: time, length, storage class, name.

  -d, --directory          only what lies directly in the folder, folders as one line
      --all-versions       every version and delete marker, with its id
  -m, --multipart          unfinished uploads, with their ids
      --limited-num N      at most N lines`

type Line = CommandLine<typeof options>

/** One line of a listing: what is shown, and what JSON has. */
interface Entry {
  readonly text: string
  readonly data: object
}

/** Lists buckets, objects, versions or uploads. */
export async function ls(args: string[]): Promise<number> {
  const line = readCommandLine(args, usage, options, [0, 1])
  if (line === undefined) return 0
  const most = readCount('limited-num', line.values['limited-num'], line.wrong) ?? Number.POSITIVE_INFINITY
  const [operand] = line.operands
  const place = operand === undefined || operand === 'oss://' ? undefined : requireLocation(operand, 'any', line.wrong)
  return withClient(line, async (client, signal) => {
    let count = 0
    for await (const { text, data } of entries(client, line, place, signal)) {
      await (line.json ? printJson(data) : printLine(oneLine(text)))
      if (++count >= most) break
    }
    return 0
  })
}

function entries(client: Client, { values }: Line, place: OssLocation | undefined, signal: AbortSignal) {
  if (place === undefined) return buckets(client, signal)
  if (values['all-versions']) return versions(client, place, signal)
  if (values.multipart) return uploads(client, place, signal)
  return objects(client, place, values.directory ?? false, signal)
}

async function* buckets(client: Client, signal: AbortSignal): AsyncGenerator<Entry> {
  for await (const bucket of client.listBucketsPaginator({}, { limit: 1000, signal }).items()) {
    const text = columns(time(bucket.creationDate), (bucket.location ?? '').padEnd(20), `oss://${bucket.name}`)
    yield { text, data: bucket }
  }
}

async function* objects(
  client: Client,
  { bucket, key }: OssLocation,
  folder: boolean,
  signal: AbortSignal,
): AsyncGenerator<Entry> {
  const request = { bucket, prefix: key, ...(folder && { delimiter: '/' }) }
  for await (const page of client.listObjectsV2Paginator(request, { limit: 1000, signal })) {
    for (const { prefix = '' } of page.commonPrefixes ?? [])
      yield {
        text: columns(' '.repeat(24), ' '.repeat(14), ' '.repeat(12), formatLocation({ bucket, key: prefix })),
        data: { prefix },
      }
    for (const object of page.contents ?? []) {
      const { lastModified, size, storageClass, key: name = '' } = object
      yield {
        text: columns(time(lastModified), length(size), word(storageClass), formatLocation({ bucket, key: name })),
        data: object,
      }
    }
  }
}

async function* versions(client: Client, { bucket, key }: OssLocation, signal: AbortSignal): AsyncGenerator<Entry> {
  for await (const page of client.listObjectVersionsPaginator({ bucket, prefix: key }, { limit: 1000, signal })) {
    for (const version of page.version ?? []) {
      const { lastModified, size, versionId, key: name = '' } = version
      yield {
        text: columns(time(lastModified), length(size), word(versionId), formatLocation({ bucket, key: name })),
        data: version,
      }
    }
    for (const marker of page.deleteMarker ?? []) {
      const text = columns(
        time(marker.lastModified),
        'delete marker ',
        word(marker.versionId),
        formatLocation({ bucket, key: marker.key ?? '' }),
      )
      yield { text, data: { ...marker, deleteMarker: true } }
    }
  }
}

async function* uploads(client: Client, { bucket, key }: OssLocation, signal: AbortSignal): AsyncGenerator<Entry> {
  for await (const upload of client
    .listMultipartUploadsPaginator({ bucket, prefix: key }, { limit: 1000, signal })
    .items()) {
    const text = columns(
      time(upload.initiated),
      word(upload.uploadId),
      formatLocation({ bucket, key: upload.key ?? '' }),
    )
    yield { text, data: upload }
  }
}

const columns = (...parts: string[]) => parts.join('  ')
const time = (date: Date | undefined) => (date?.toISOString() ?? '').padEnd(24)
const length = (bytes: number | undefined) => String(bytes ?? '').padStart(14)
const word = (text: string | undefined) => (text ?? '').padEnd(12)
