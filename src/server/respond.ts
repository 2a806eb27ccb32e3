import type { ServerResponse } from 'node:http'
import type { FaultEffect } from './faults.js'
import type { ContentReply, StreamReply } from './handler.js'
import type { ContentStore } from './storage/content-store.js'

/** An answer, ready to be written. */
export interface Outgoing {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Record<string, string>
  /** What follows the head: nothing for HEAD requests, whose length is stated all the same. */
  readonly body: Buffer | ContentReply | StreamReply | undefined
}

/** Writes an answer. Returns once it is handed to the socket, or the connection is gone. */
export async function respond(
  response: ServerResponse,
  outgoing: Outgoing,
  content: ContentStore,
  fault: FaultEffect,
): Promise<void> {
  const { status, body } = outgoing
  try {
    if (response.destroyed) return
    response.sendDate = false
    response.writeHead(status, headersToSend(outgoing.headers, fault))
    if (body === undefined) {
      if (fault.cutResponseAfterBytes !== undefined) await cut(response)
      else response.end()
      return
    }
    const chunks = 'segments' in body ? content.read(body.segments) : 'chunks' in body ? body.chunks : [body]
    if (needsCare(fault)) await sendWithFaults(response, chunks, fault)
    else await send(response, chunks)
  } catch (error) {
    // The head is out, so the only way to say that something went wrong is to break off.
    response.destroy()
    throw error
  } finally {
    await discard(body, content)
  }
}

/** Gives up what a body holds, sent or not. */
export async function discard(body: Outgoing['body'], content: ContentStore): Promise<void> {
  if (body === undefined) return
  if ('segments' in body) await content.release(body.segments)
  else if ('chunks' in body) await body.close()
}

async function send(response: ServerResponse, chunks: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of chunks) {
    if (!response.write(chunk)) await drained(response)
    if (response.destroyed) return
  }
  response.end()
}

function needsCare(fault: FaultEffect): boolean {
  return (
    fault.cutResponseAfterBytes !== undefined ||
    fault.stallResponseAfterBytes !== undefined ||
    fault.corruptResponseByte !== undefined
  )
}

async function sendWithFaults(
  response: ServerResponse,
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
  fault: FaultEffect,
): Promise<void> {
  const end = Math.min(fault.cutResponseAfterBytes ?? Infinity, fault.stallResponseAfterBytes ?? Infinity)
  const corrupt = fault.corruptResponseByte
  let sent = 0
  for await (const whole of chunks) {
    const chunk = whole.subarray(0, end - sent)
    if (corrupt !== undefined && corrupt >= sent && corrupt < sent + chunk.length) {
      chunk.writeUInt8(chunk.readUInt8(corrupt - sent) ^ 0xff, corrupt - sent)
    }
    sent += chunk.length
    if (chunk.length > 0 && !response.write(chunk)) await drained(response)
    if (response.destroyed) return
    if (sent >= end) break
  }
  if (fault.cutResponseAfterBytes !== undefined && sent >= fault.cutResponseAfterBytes) return cut(response)
  if (fault.stallResponseAfterBytes !== undefined && sent >= fault.stallResponseAfterBytes) {
    response.flushHeaders()
    return new Promise<void>(resolve => response.once('close', resolve))
  }
  response.end()
}

/** Ends the connection once everything written so far is on its way. */
async function cut(response: ServerResponse): Promise<void> {
  response.flushHeaders()
  const { socket } = response
  if (socket === null) return
  await new Promise<void>(resolve => socket.write('', () => resolve()))
  socket.destroy()
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.once('drain', done)
    response.once('close', done)
    if (response.destroyed) done()
  })
}

function headersToSend(headers: Record<string, string>, fault: FaultEffect): Record<string, string> {
  const sent: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) sent[name] = headerBytes(value)
  Object.assign(sent, fault.headers)
  const crc = sent['x-oss-hash-crc64ecma']
  if (fault.wrongCrc && crc !== undefined) sent['x-oss-hash-crc64ecma'] = String(BigInt(crc) ^ 1n)
  const range = sent['content-range']
  if (fault.wrongContentRange && range !== undefined) {
    sent['content-range'] = range.replace(/\d+/, first => String(Number(first) + 1))
  }
  return sent
}

/** A header value as Node wants it: one character for each byte. */
function headerBytes(value: string): string {
  return /[^\u0000-\u00ff]/.test(value) ? Buffer.from(value, 'utf8').toString('latin1') : value
}
