import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { type LocalServer, type LocalServerOptions, startLocalServer } from 'ferross/server'
import { encodePath, encodeQuery } from '#src/signing/encode.js'
import type { SigningContext } from '#src/signing/signer.js'
import { SignerV1 } from '#src/signing/v1.js'
import { SignerV4 } from '#src/signing/v4.js'
import { parseXml, type XmlElement } from '#src/xml/parse.js'

/** A request as the tests write it. */
export interface Sent {
  method: string
  bucket?: string
  key?: string
  query?: Record<string, string>
  headers?: Record<string, string>
  body?: string | Uint8Array | AsyncIterable<Uint8Array>
  /** @default 'v4' */
  sign?: 'v4' | 'v1' | 'none'
  time?: Date
  region?: string
  accessKeyId?: string
  accessKeySecret?: string
  securityToken?: string
  additionalHeaders?: string[]
  subResource?: string[]
  /** Virtual host style: the Host header; the bucket is left out of the path. */
  host?: string
  /** Changes what is sent after it was signed. */
  tamper?: (wire: { path: string; headers: Record<string, string> }) => void
}

/** An answer. */
export interface Answer {
  status: number
  headers: Record<string, string>
  bytes: Buffer
  text: string
  /** Root of the document. */
  xml: XmlElement
  /** Code of the error document. */
  code: string | undefined
}

/** Sends signed requests to one server. */
export class Tester {
  readonly agent = new Agent({ keepAlive: true })
  readonly server: LocalServer

  constructor(server: LocalServer) {
    this.server = server
  }

  context(sent: Sent): SigningContext {
    const { accessKeyId, accessKeySecret } = this.server.credentials
    return {
      method: sent.method,
      bucket: sent.bucket,
      key: sent.key,
      query: { ...sent.query },
      headers: Object.fromEntries(
        Object.entries(sent.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
      ),
      credentials: {
        accessKeyId: sent.accessKeyId ?? accessKeyId,
        accessKeySecret: sent.accessKeySecret ?? accessKeySecret,
        ...(sent.securityToken === undefined ? {} : { securityToken: sent.securityToken }),
      },
      region: sent.region ?? this.server.region,
      product: 'oss',
      signingTime: sent.time ?? new Date(),
      subResource: sent.subResource ?? [],
      additionalHeaders: sent.additionalHeaders ?? [],
    }
  }

  send(sent: Sent): Promise<Answer> {
    const context = this.context(sent)
    if (sent.sign === 'v1') new SignerV1().sign(context)
    else if (sent.sign !== 'none') new SignerV4().sign(context)
    return this.transmit(sent, context.query, context.headers)
  }

  /** Sends what was presigned: the query carries the signature, headers are free. */
  sendPresigned(sent: Sent, expiresSeconds = 900): Promise<Answer> {
    const context = this.context(sent)
    const signer = sent.sign === 'v1' ? new SignerV1() : new SignerV4()
    signer.presign(context, new Date(context.signingTime.getTime() + expiresSeconds * 1000))
    return this.transmit(sent, context.query, context.headers)
  }

  transmit(sent: Sent, query: Record<string, string>, headers: Record<string, string>): Promise<Answer> {
    const bucketPath = sent.bucket === undefined || sent.host !== undefined ? '/' : `/${sent.bucket}/`
    const search = encodeQuery(query)
    const wire = {
      path: bucketPath + encodePath(sent.key ?? '') + (search === '' ? '' : `?${search}`),
      headers: { ...headers },
    }
    if (sent.host !== undefined) wire.headers.host = sent.host
    sent.tamper?.(wire)
    const { body } = sent
    const whole = typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body as string) : undefined
    const carries = sent.method === 'PUT' || sent.method === 'POST'
    if (wire.headers['content-length'] === undefined && wire.headers['transfer-encoding'] === undefined) {
      if (whole !== undefined || (body === undefined && carries))
        wire.headers['content-length'] = String(whole?.length ?? 0)
    }
    return new Promise((resolve, reject) => {
      const { method } = sent
      const { port } = this.server
      const asBytes = Object.entries(wire.headers).map(([name, value]) => [name, Buffer.from(value).toString('latin1')])
      const outgoing = httpRequest(
        { host: '127.0.0.1', port, method, path: wire.path, headers: Object.fromEntries(asBytes), agent: this.agent },
        incoming => {
          const chunks: Buffer[] = []
          incoming.on('data', chunk => chunks.push(chunk))
          incoming.on('error', reject)
          incoming.on('end', () => resolve(answerOf(incoming.statusCode ?? 0, incoming.headers, Buffer.concat(chunks))))
        },
      )
      outgoing.on('error', reject)
      if (body === undefined || whole !== undefined) outgoing.end(whole)
      else
        void (async () => {
          for await (const chunk of body as AsyncIterable<Uint8Array>) outgoing.write(chunk)
          outgoing.end()
        })().catch(error => outgoing.destroy(error))
    })
  }

  put(bucket: string, key: string, body: Sent['body'], headers: Record<string, string> = {}): Promise<Answer> {
    return this.send({ method: 'PUT', bucket, key, body, headers })
  }

  get(
    bucket: string,
    key: string,
    headers: Record<string, string> = {},
    query: Record<string, string> = {},
  ): Promise<Answer> {
    return this.send({ method: 'GET', bucket, key, headers, query })
  }

  head(
    bucket: string,
    key: string,
    headers: Record<string, string> = {},
    query: Record<string, string> = {},
  ): Promise<Answer> {
    return this.send({ method: 'HEAD', bucket, key, headers, query })
  }

  delete(bucket: string, key?: string, query: Record<string, string> = {}): Promise<Answer> {
    return this.send({ method: 'DELETE', bucket, ...(key === undefined ? {} : { key }), query })
  }

  list(bucket: string, query: Record<string, string> = {}): Promise<Answer> {
    return this.send({ method: 'GET', bucket, query })
  }

  /** POST of a document, with Content-MD5. */
  post(
    bucket: string,
    key: string | undefined,
    query: Record<string, string>,
    body: string,
    headers = {},
  ): Promise<Answer> {
    const md5 = createHash('md5').update(body).digest('base64')
    const target = key === undefined ? {} : { key }
    return this.send({ method: 'POST', bucket, ...target, query, body, headers: { 'content-md5': md5, ...headers } })
  }

  /** Begins an upload and gives its id. */
  async initiate(bucket: string, key: string, headers: Record<string, string> = {}): Promise<string> {
    const answer = await this.send({ method: 'POST', bucket, key, query: { uploads: '' }, headers })
    return answer.xml.child('UploadId')?.text ?? ''
  }

  /** Uploads a part and gives its ETag. */
  async part(
    bucket: string,
    key: string,
    uploadId: string,
    number: number,
    body: string | Uint8Array,
  ): Promise<string> {
    const answer = await this.send({
      method: 'PUT',
      bucket,
      key,
      query: { uploadId, partNumber: String(number) },
      body,
    })
    return answer.headers.etag ?? ''
  }

  complete(bucket: string, key: string, uploadId: string, parts: [number: number, etag: string][]): Promise<Answer> {
    const list = parts.map(([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`)
    const body = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`
    return this.post(bucket, key, { uploadId }, body)
  }
}

function answerOf(status: number, raw: IncomingHttpHeaders, bytes: Buffer): Answer {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(raw)) headers[name] = Buffer.from(String(value), 'latin1').toString('utf8')
  return {
    status,
    headers,
    bytes,
    text: bytes.toString('utf8'),
    get xml() {
      return parseXml(bytes.toString('utf8')).root
    },
    get code() {
      return status < 300 ? undefined : parseXml(bytes.toString('utf8')).root.child('Code')?.text
    },
  }
}

/** A server of its own for one test, with the bucket `bucket` in it. */
export async function withServer(t: ExecutionContext, options: LocalServerOptions = {}): Promise<Tester> {
  const server = await startLocalServer(options)
  const tester = new Tester(server)
  t.teardown(async () => {
    tester.agent.destroy()
    await server.close()
  })
  const made = await tester.send({ method: 'PUT', bucket: 'bucket' })
  if (made.status !== 200) throw new Error(`cannot make a bucket: ${made.text}`)
  return tester
}

/** A folder that goes with the test. */
export async function withFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ferross-test-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Number of content files a server keeps. */
export async function contentFiles(server: LocalServer): Promise<number> {
  const entries = await readdir(join(server.directory, 'content'), { recursive: true, withFileTypes: true }).catch(
    () => [],
  )
  return entries.filter(entry => entry.isFile()).length
}

/** Texts of all elements of a name below a document's lines: `texts(xml, 'Contents', 'Key')`. */
export function texts(root: XmlElement, line: string, name: string): string[] {
  return root.children(line).map(element => element.child(name)?.text ?? '')
}
