import { readdirSync, readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import {
  BucketNameInvalidError,
  Client,
  type ClientOptions,
  type HttpClient,
  type HttpRequest,
  type HttpResponse,
  ObjectNameInvalidError,
  ParamInvalidError,
  ParamRequiredError,
  PresignExpirationError,
  SerializationError,
  StaticCredentialsProvider,
} from 'ferross'
import { parseXml, type XmlElement } from '#src/xml/parse.js'

/** A value as the golden files write it: dates, text and bytes are objects with one `$` key. */
export function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive)
  if (typeof value !== 'object' || value === null) return value
  const object = value as Record<string, unknown>
  if (typeof object.$date === 'string') return new Date(object.$date)
  if (typeof object.$text === 'string') return object.$text
  if (typeof object.$base64 === 'string') return Buffer.from(object.$base64, 'base64')
  // `$type`, which tells the members of a union apart, is a field of theirs here too.
  return Object.fromEntries(Object.entries(object).map(([name, inner]) => [name, revive(inner)]))
}

/** Error classes by the names of the golden files. */
export const errorClasses: Readonly<Record<string, unknown>> = {
  'param-required': ParamRequiredError,
  'param-invalid': ParamInvalidError,
  'bucket-name-invalid': BucketNameInvalidError,
  'object-name-invalid': ObjectNameInvalidError,
  'presign-expiration': PresignExpirationError,
  serialization: SerializationError,
}

/** Reads a golden file. */
export function golden<T>(path: string): T {
  return JSON.parse(readFileSync(`__test__/golden/${path}`, 'utf8')) as T
}

/** Names of the golden files in a folder, without `.json`. */
export function goldenNames(folder: string): string[] {
  return readdirSync(`__test__/golden/${folder}`).map(name => name.replace('.json', ''))
}

/** What a recording transport saw of a request. */
export interface Recorded {
  method: string
  url: string
  headers: Record<string, string>
  body: Buffer | null
}

/** A canned answer. */
export interface Canned {
  status: number
  headers?: Record<string, string>
  body?: string | Buffer
}

/** A transport that keeps what is sent and answers from a list; its last answer repeats. */
export class RecordingClient implements HttpClient {
  readonly requests: Recorded[] = []
  readonly #answers: Canned[]

  constructor(...answers: Canned[]) {
    this.#answers = answers.length > 0 ? answers : [{ status: 200 }]
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const chunks: Uint8Array[] = []
    if (request.body instanceof Uint8Array) chunks.push(request.body)
    else if (request.body) for await (const chunk of request.body) chunks.push(chunk)
    const { method, url, headers } = request
    this.requests.push({
      method,
      url,
      headers: { ...headers },
      body: request.body === undefined ? null : Buffer.concat(chunks),
    })
    const answer = this.#answers[Math.min(this.requests.length, this.#answers.length) - 1] as Canned
    const body = Buffer.isBuffer(answer.body) ? answer.body : Buffer.from(answer.body ?? '', 'utf8')
    return {
      statusCode: answer.status,
      headers: { ...answer.headers },
      body: Readable.from(body.length > 0 ? [body] : []),
    }
  }
}

/** A client as the golden cases assume it, over the given transport. */
export function goldenClient(httpClient: HttpClient, config: ClientOptions = {}): Client {
  return new Client({
    region: 'cn-hangzhou',
    credentialsProvider: new StaticCredentialsProvider('ak', 'sk'),
    httpClient,
    ...config,
  })
}

/** Calls a method by its name. */
export function call(client: Client, method: string, request: unknown): Promise<Record<string, unknown>> {
  const functions = client as unknown as Record<string, (request: unknown) => Promise<Record<string, unknown>>>
  return (functions[method] as (request: unknown) => Promise<Record<string, unknown>>).call(client, request)
}

/** Splits a URL without letting anything normalise it. */
export function splitUrl(url: string): { scheme: string; host: string; path: string; query: [string, string][] } {
  const [, scheme = '', host = '', path = '', search = ''] = /^(\w+):\/\/([^/]*)([^?]*)\??(.*)$/s.exec(url) ?? []
  const query = search
    .split('&')
    .filter(pair => pair !== '')
    .map((pair): [string, string] => {
      const [name = '', ...value] = pair.split('=')
      return [decodeURIComponent(name), decodeURIComponent(value.join('='))]
    })
  return { scheme, host, path, query: query.sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1)) }
}

/** An XML document as plain data: names, order and text of leaves. */
export function xmlTree(source: string): unknown {
  const { name, root } = parseXml(source)
  return [name, tree(root)]
}

function tree(element: XmlElement): unknown {
  const names = element.names()
  if (names.length === 0) return element.text
  return names.flatMap(name => element.children(name).map(child => [name, tree(child)]))
}
