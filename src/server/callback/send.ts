import { createHash } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { CallbackSigner } from './signer.js'

/** A callback, ready to be sent. */
export interface OutgoingCallback {
  readonly url: URL
  readonly host: string | undefined
  readonly body: string
  readonly bodyType: string
  /** Headers that say what it is about. */
  readonly headers: Readonly<Record<string, string>>
}

/** How callbacks are sent. */
export interface CallbackTerms {
  readonly signer: CallbackSigner
  /** Names of hosts that may be called besides those of this machine. */
  readonly hosts: readonly string[]
  /** How long an answer may take, in milliseconds. */
  readonly timeout: number
}

/** Why a callback did not succeed; `message` is for the requester. */
export class CallbackError extends Error {
  override readonly name = 'CallbackError'
}

const maxAnswerBytes = 1024 * 1024

/** Calls and gives the answer's body, which has to be JSON. @throws CallbackError */
export async function sendCallback(callback: OutgoingCallback, terms: CallbackTerms): Promise<string> {
  const { url } = callback
  if (!mayCall(url.hostname, terms.hosts)) {
    throw new CallbackError(`This server does not call ${url.hostname}: it is not among its callbackHosts.`)
  }
  const signal = AbortSignal.timeout(terms.timeout)
  try {
    const answer = await send(callback, await signedHeaders(callback, terms.signer), signal)
    if (answer.statusCode !== 200) {
      answer.destroy()
      throw new CallbackError(`Error status : ${answer.statusCode}.`)
    }
    const body = await readAnswer(answer)
    checkJson(body)
    return body
  } catch (error) {
    if (error instanceof CallbackError) throw error
    throw new CallbackError(signal.aborted ? 'Error status : -1. Callback timed out.' : 'Error status : 502.', {
      cause: error,
    })
  }
}

/** The server must not become a way into other networks: without permission it calls this machine only. */
function mayCall(hostname: string, hosts: readonly string[]): boolean {
  const name = hostname.toLowerCase().replace(/^\[|\]$/g, '')
  return name === 'localhost' || name === '::1' || /^127(?:\.\d{1,3}){3}$/.test(name) || hosts.includes(name)
}

async function signedHeaders(callback: OutgoingCallback, signer: CallbackSigner): Promise<Record<string, string>> {
  const { url, body, bodyType, host } = callback
  const text = `${decodeURIComponent(url.pathname)}${url.search}\n${body}`
  return {
    ...callback.headers,
    host: host ?? url.host,
    'user-agent': 'http-client/0.0.1',
    'content-type': bodyType,
    'content-length': String(Buffer.byteLength(body)),
    'content-md5': createHash('md5').update(body).digest('base64'),
    'x-oss-signature-version': '1.0',
    'x-oss-tag': 'CALLBACK',
    'x-oss-pub-key-url': Buffer.from(signer.publicKeyUrl).toString('base64'),
    authorization: await signer.sign(text),
  }
}

function send(
  { url, body }: OutgoingCallback,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest
    // One connection for each: a kept one would keep the server from closing.
    request(url, { method: 'POST', headers, signal, agent: false }, resolve).on('error', reject).end(body)
  })
}

async function readAnswer(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxAnswerBytes) throw new CallbackError('Response body is too large.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function checkJson(body: string): void {
  try {
    JSON.parse(body)
  } catch {
    throw new CallbackError('Response body is not valid json format.')
  }
}
