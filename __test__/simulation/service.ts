import { crc64 } from 'ferross'

/** A request that has arrived. */
export interface ServiceRequest {
  readonly method: string
  readonly key: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** What the service says to it. */
export interface ServiceAnswer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: Buffer
}

interface Stored {
  readonly content: Buffer
  readonly etag: string
  readonly crc: string
}

class Refusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string) {
    super(code)
    this.status = status
    this.code = code
  }
}

/** As much of OSS as uploads, downloads and copies need, in memory and without time of its own: one bucket. */
export class SimulatedService {
  readonly objects = new Map<string, Stored>()
  readonly #uploads = new Map<string, { key: string; parts: Map<number, Stored> }>()
  #count = 0

  /** Parts of uploads that are neither completed nor aborted. */
  get strayParts(): number {
    return [...this.#uploads.values()].reduce((sum, { parts }) => sum + parts.size, 0)
  }

  store(content: Buffer): Stored {
    return {
      content,
      etag: `"${(++this.#count).toString(16).toUpperCase().padStart(32, '0')}"`,
      crc: crc64(content).toString(),
    }
  }

  /** Performs a request. Never throws. */
  answer(request: ServiceRequest): ServiceAnswer {
    try {
      return this.#perform(request)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return document(error.status, `<Error><Code>${error.code}</Code><Message>no</Message></Error>`, {
        'x-oss-err': Buffer.from(`<Error><Code>${error.code}</Code></Error>`).toString('base64'),
      })
    }
  }

  #perform(request: ServiceRequest): ServiceAnswer {
    const { method, key, query, headers, body } = request
    const uploadId = query.get('uploadId')
    if (method === 'POST' && query.has('uploads')) return this.#begin(key)
    if (uploadId !== null) {
      const upload = this.#uploads.get(uploadId)
      if (upload === undefined) throw new Refusal(404, 'NoSuchUpload')
      if (method === 'PUT')
        return this.#part(upload.parts, Number(query.get('partNumber')), this.#bytesOf(headers, body))
      if (method === 'POST') return this.#complete(uploadId, upload, body.toString())
      if (method === 'GET') return listing(upload.parts)
      this.#uploads.delete(uploadId)
      return plain(204)
    }
    if (method === 'PUT') {
      const stored = this.store(this.#bytesOf(headers, body))
      this.objects.set(key, stored)
      const facts = { etag: stored.etag, 'x-oss-hash-crc64ecma': stored.crc }
      if (headers['x-oss-copy-source'] === undefined) return plain(200, facts)
      return document(200, `<CopyObjectResult><ETag>${stored.etag}</ETag></CopyObjectResult>`, facts)
    }
    return this.#read(method, this.#find(key), headers)
  }

  #find(key: string, etag?: string): Stored {
    const object = this.objects.get(key)
    if (object === undefined) throw new Refusal(404, 'NoSuchKey')
    if (etag !== undefined && etag !== object.etag) throw new Refusal(412, 'PreconditionFailed')
    return object
  }

  /** What a PUT stores: its body, or bytes of the object it names. */
  #bytesOf(headers: ServiceRequest['headers'], body: Buffer): Buffer {
    const source = headers['x-oss-copy-source']
    if (source === undefined) return body
    const { content } = this.#find(
      decodeURIComponent(source.replace(/^\/?[^/]+\//, '')),
      headers['x-oss-copy-source-if-match'],
    )
    const range = /^bytes=(\d+)-(\d+)$/.exec(headers['x-oss-copy-source-range'] ?? '')
    return range ? content.subarray(Number(range[1]), Number(range[2]) + 1) : content
  }

  #begin(key: string): ServiceAnswer {
    const uploadId = `upload-${++this.#count}`
    this.#uploads.set(uploadId, { key, parts: new Map() })
    return document(
      200,
      `<InitiateMultipartUploadResult><UploadId>${uploadId}</UploadId></InitiateMultipartUploadResult>`,
    )
  }

  #part(parts: Map<number, Stored>, number: number, bytes: Buffer): ServiceAnswer {
    const part = this.store(Buffer.from(bytes))
    parts.set(number, part)
    return document(200, `<CopyPartResult><ETag>${part.etag}</ETag></CopyPartResult>`, {
      etag: part.etag,
      'x-oss-hash-crc64ecma': part.crc,
    })
  }

  #complete(id: string, { key, parts }: { key: string; parts: Map<number, Stored> }, xml: string): ServiceAnswer {
    const chosen = [...xml.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, text = '']) => {
      const part = parts.get(Number(/<PartNumber>(\d+)/.exec(text)?.[1]))
      const etag = /<ETag>(.*?)<\/ETag>/.exec(text)?.[1]?.replaceAll('&quot;', '"')
      if (part === undefined || part.etag !== etag) throw new Refusal(400, 'InvalidPart')
      return part.content
    })
    const stored = this.store(Buffer.concat(chosen))
    this.objects.set(key, stored)
    this.#uploads.delete(id)
    const { etag, crc } = stored
    return document(200, `<CompleteMultipartUploadResult><ETag>${etag}</ETag></CompleteMultipartUploadResult>`, {
      etag,
      'x-oss-hash-crc64ecma': crc,
    })
  }

  #read(method: string, { content, etag, crc }: Stored, headers: ServiceRequest['headers']): ServiceAnswer {
    if (headers['if-match'] !== undefined && headers['if-match'] !== etag) throw new Refusal(412, 'PreconditionFailed')
    const facts = { etag, 'x-oss-hash-crc64ecma': crc, 'last-modified': 'Fri, 27 Nov 2026 00:00:00 GMT' }
    if (method === 'HEAD')
      return { ...plain(200, facts), headers: { ...facts, 'content-length': String(content.length) } }
    const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '')
    if (!range) return { status: 200, headers: { ...facts, 'content-length': String(content.length) }, body: content }
    const body = content.subarray(Number(range[1]), Number(range[2]) + 1)
    const about = {
      'content-length': String(body.length),
      'content-range': `bytes ${range[1]}-${range[2]}/${content.length}`,
    }
    return { status: 206, headers: { ...facts, ...about }, body }
  }
}

function plain(status: number, headers: Record<string, string> = {}): ServiceAnswer {
  return { status, headers: { 'content-length': '0', ...headers }, body: Buffer.alloc(0) }
}

function document(status: number, xml: string, headers: Record<string, string> = {}): ServiceAnswer {
  const body = Buffer.from(xml)
  return { status, headers: { 'content-length': String(body.length), ...headers }, body }
}

function listing(parts: ReadonlyMap<number, Stored>): ServiceAnswer {
  const entries = [...parts]
    .sort(([a], [b]) => a - b)
    .map(
      ([number, { etag, crc, content }]) =>
        `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag><Size>${content.length}</Size><HashCrc64ecma>${crc}</HashCrc64ecma></Part>`,
    )
  return document(200, `<ListPartsResult><IsTruncated>false</IsTruncated>${entries.join('')}</ListPartsResult>`)
}
