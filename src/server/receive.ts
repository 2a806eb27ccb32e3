import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Failure } from './failure.js'
import type { FaultEffect } from './faults.js'
import type { Call } from './handler.js'
import type { StoredContent } from './storage/content-store.js'

/** Raised when the connection ended, or was ended by a fault, before the body was there. Nobody is left to answer. */
export class Disconnected extends Error {
  override readonly name = 'Disconnected'
}

/**
 * Closes the connection of a request. The request has no socket any more when the connection went away while its head was
 * being read, which the types do not know.
 */
export function hangUp(message: IncomingMessage, response: ServerResponse): void {
  const socket = message.socket as Socket | null
  socket?.destroy()
  response.destroy()
}

/** The body of a request as it arrives, with the faults that concern it. */
export async function* receiveBody(
  message: IncomingMessage,
  response: ServerResponse,
  awaitsContinue: boolean,
  fault: FaultEffect,
): AsyncGenerator<Uint8Array> {
  if (awaitsContinue) response.writeContinue()
  const cut = fault.cutRequestAfterBytes
  const stall = fault.stallRequestAfterBytes
  const corrupt = fault.corruptRequestByte
  let received = 0
  try {
    // A reader that stops early must not take the connection with it: there is an error to answer.
    for await (const chunk of message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      if (corrupt !== undefined && corrupt >= received && corrupt < received + chunk.length) {
        chunk.writeUInt8(chunk.readUInt8(corrupt - received) ^ 0xff, corrupt - received)
      }
      received += chunk.length
      yield chunk
      if (cut !== undefined && received >= cut) break
      if (stall !== undefined && received >= stall) await new Promise<void>(resolve => response.once('close', resolve))
    }
  } catch (cause) {
    throw new Disconnected('the connection ended inside the body', { cause })
  }
  if ((cut !== undefined && received >= cut) || !message.complete) {
    hangUp(message, response)
    throw new Disconnected('the connection ended inside the body')
  }
}

/** The largest object a single request may carry, and the largest document. */
const maxObjectBytes = 5 * 1024 ** 3
const maxDocumentBytes = 8 * 1024 ** 2

/**
 * Stores the body of a request that carries an object's bytes, and checks Content-MD5. The caller owns what comes back.
 * @throws Failure MissingContentLength, EntityTooLarge, InvalidDigest
 */
export async function receiveContent(call: Call): Promise<StoredContent> {
  const { headers } = call.incoming
  const length = headers['content-length']
  if (length === undefined && headers['transfer-encoding'] === undefined) throw new Failure('MissingContentLength')
  if (length !== undefined && Number(length) > maxObjectBytes) throw new Failure('EntityTooLarge')
  checkDigestHeader(headers['content-md5'])
  const content = await call.store.content.write(call.body())
  try {
    if (content.size > maxObjectBytes) throw new Failure('EntityTooLarge')
    checkDigest(headers['content-md5'], content.md5)
  } catch (error) {
    await call.store.content.release(content.segments)
    throw error
  }
  return content
}

/** Reads a document into memory and checks Content-MD5. @throws Failure MalformedXML, InvalidDigest */
export async function receiveDocument(call: Pick<Call, 'body' | 'incoming'>): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of call.body()) {
    size += chunk.byteLength
    if (size > maxDocumentBytes) throw new Failure('MalformedXML', { message: 'The document is too large.' })
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  const expected = call.incoming.headers['content-md5']
  checkDigestHeader(expected)
  checkDigest(expected, createHash('md5').update(bytes).digest())
  return bytes.toString('utf8')
}

function checkDigestHeader(expected: string | undefined): void {
  if (expected === undefined) return
  if (!/^[A-Za-z0-9+/]{22}==$/.test(expected))
    throw new Failure('InvalidDigest', { details: { 'Content-MD5': expected } })
}

function checkDigest(expected: string | undefined, actual: Buffer): void {
  const computed = actual.toString('base64')
  if (expected === undefined || expected === computed) return
  throw new Failure('InvalidDigest', { details: { ClientMD5: expected, ServerMD5: computed } })
}
