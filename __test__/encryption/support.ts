import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { Client, type HttpClient, type HttpRequest, type HttpResponse, StaticCredentialsProvider } from 'ferross'
import { EncryptionClient } from '#src/encryption/encryption-client.js'
import { MasterRsaCipher } from '#src/encryption/master-rsa-cipher.js'
import type { EncryptionClientOptions } from '#src/encryption/options.js'
import { crc64 } from '#src/native/checksum.js'

interface KeyPair {
  publicKeyPem: string
  publicKeyPkcs1Pem: string
  privateKeyPem: string
  privateKeyPkcs1Pem: string
}

/** Reads a golden file of encryption. */
export function goldenJson<T>(name: string): T {
  return JSON.parse(readFileSync(`__test__/golden/encryption/${name}.json`, 'utf8')) as T
}

/** Reads a golden ciphertext. */
export function goldenBytes(name: string): Buffer {
  return readFileSync(`__test__/golden/encryption/${name}`)
}

/** The golden key pairs. */
export const keys = goldenJson<Record<'main' | 'old', KeyPair>>('keys')
/** Master ciphers of the golden cases. */
export const main = new MasterRsaCipher({ key: 'value' }, keys.main.publicKeyPem, keys.main.privateKeyPem)
export const old = new MasterRsaCipher({ key: 'old' }, keys.old.publicKeyPem, keys.old.privateKeyPem)

/** Beginning of the names of envelope headers. */
export const cse = 'x-oss-meta-client-side-encryption-'

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Bytes that are easy to make again: byte i is (i * factor + start) mod modulus. */
export function ruled(length: number, factor = 7, start = 3, modulus = 251): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (i * factor + start) % modulus))
}

/** A client over a transport of the test, and the encryption client over it. */
export function encrypting(httpClient: HttpClient, options: EncryptionClientOptions = {}, master = main) {
  const credentialsProvider = new StaticCredentialsProvider('ak', 'sk')
  const client = new Client({ region: 'cn-hangzhou', credentialsProvider, httpClient })
  return new EncryptionClient(client, master, options)
}

interface Stored {
  bytes: Buffer
  headers: Record<string, string>
}

/** A service that keeps objects in memory, where tests can look at them and change them. */
export class MemoryService implements HttpClient {
  readonly objects = new Map<string, Stored>()
  readonly requests: { method: string; headers: Record<string, string> }[] = []

  async send(request: HttpRequest): Promise<HttpResponse> {
    const key = decodeURIComponent(new URL(request.url).pathname.slice(1))
    const headers = { ...request.headers }
    this.requests.push({ method: request.method, headers })
    if (request.method === 'PUT') return this.#put(key, headers, request.body)
    const object = this.objects.get(key)
    if (object === undefined) return answer(404, {}, Buffer.from('<Error><Code>NoSuchKey</Code></Error>'))
    const described = { ...object.headers, 'content-length': String(object.bytes.length), etag: '"E"' }
    if (request.method === 'HEAD') return answer(200, described, Buffer.alloc(0))
    return get(object.bytes, described, headers)
  }

  async #put(key: string, sent: Record<string, string>, body: HttpRequest['body']): Promise<HttpResponse> {
    const chunks: Uint8Array[] = []
    if (body instanceof Uint8Array) chunks.push(body)
    else if (body) for await (const chunk of body) chunks.push(Buffer.from(chunk))
    const bytes = Buffer.concat(chunks)
    const headers = Object.fromEntries(Object.entries(sent).filter(([name]) => name.startsWith('x-oss-meta-')))
    this.objects.set(key, { bytes, headers })
    return answer(200, { 'x-oss-hash-crc64ecma': crc64(bytes).toString() }, Buffer.alloc(0))
  }

  /** The object of a key. */
  object(key = 'k'): Stored {
    return this.objects.get(key) as Stored
  }
}

function get(bytes: Buffer, headers: Record<string, string>, sent: Record<string, string>): HttpResponse {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(sent.range ?? '') ?? []
  const size = bytes.length
  let start = first ? Number(first) : size - Number(last)
  let end = first && last ? Number(last) : size - 1
  if (sent['x-oss-range-behavior'] === 'standard') {
    if (start >= size) return answer(416, {}, Buffer.from('<Error><Code>InvalidRange</Code></Error>'))
    start = Math.max(0, start)
    end = Math.min(end, size - 1)
  }
  const fits = sent.range !== undefined && start >= 0 && start <= end && end < size
  if (!fits) return answer(200, { ...headers, 'x-oss-hash-crc64ecma': crc64(bytes).toString() }, bytes)
  const part = bytes.subarray(start, end + 1)
  const ranged = { 'content-length': String(part.length), 'content-range': `bytes ${start}-${end}/${size}` }
  return answer(206, { ...headers, ...ranged }, part)
}

function answer(statusCode: number, headers: Record<string, string>, body: Buffer): HttpResponse {
  const chunks: Buffer[] = []
  // Pieces of odd sizes, as they come from a network.
  for (let at = 0, size = 1; at < body.length; at += size, size = (size * 5 + 3) % 70_000) {
    chunks.push(Buffer.from(body.subarray(at, at + size)))
  }
  return { statusCode, headers, body: Readable.from(chunks) }
}
