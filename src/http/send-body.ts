import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { HttpRequest } from './http-client.js'
import type { RequestHead } from './request-head.js'
import { errors } from './undici.js'

/** TLS encrypts all that it is given before anything else happens in the process: about a millisecond for this much. */
const tlsPiece = 1024 * 1024

/** Bodies in memory up to this length leave together with their head, over TLS as well: copying them costs next to nothing. */
const small = 16 * 1024

/** Whether a body can be sent with {@link sendSmall}. */
export function isSmall(body: HttpRequest['body']): body is Uint8Array | undefined {
  return body === undefined || (body instanceof Uint8Array && body.byteLength <= small)
}

/** Writes a request whose body is small, or none. The socket has got all of it when this returns, and reports its errors itself. */
export function sendSmall(socket: Socket, head: RequestHead, body: Uint8Array | undefined): void {
  if (head.length === 0 || body === undefined) {
    socket.write(head.text, 'latin1')
    return
  }
  socket.cork()
  socket.write(head.text, 'latin1')
  socket.write(body)
  socket.uncork()
}

/**
 * Writes a request. The body's bytes are not touched any more once this has resolved, or the socket is destroyed.
 *
 * @param wanted whether the other side still waits for the rest
 * @param handed called when the socket has got all of it; the answer may come before the socket says that it is written
 * @throws what the body throws, and RequestContentLengthMismatchError when it has not the length it should have
 */
export async function sendBody(
  socket: Socket,
  head: RequestHead,
  body: HttpRequest['body'],
  wanted: () => boolean,
  handed: () => void,
): Promise<void> {
  if (head.length === 0 && (body === undefined || body instanceof Uint8Array)) {
    const written = write(socket, head.text)
    handed()
    return written
  }
  const secure = socket instanceof TLSSocket
  const step = secure ? tlsPiece : Number.POSITIVE_INFINITY
  // Over TCP head and body leave together; over TLS that would copy them together first.
  if (!secure) socket.cork()
  try {
    socket.write(head.text, 'latin1')
    let sent = 0
    for await (const piece of body instanceof Uint8Array ? [body] : (body ?? [])) {
      sent += piece.byteLength
      if (sent > head.length) break
      for (let at = 0; at < piece.byteLength; at += step) {
        if (!wanted()) return
        const written = write(socket, piece.subarray(at, at + step))
        socket.uncork()
        if (sent === head.length && at + step >= piece.byteLength) handed()
        await written
      }
    }
    if (sent !== head.length) throw new errors.RequestContentLengthMismatchError()
    handed()
  } finally {
    socket.uncork()
  }
}

function write(socket: Socket, data: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null) => (error ? reject(error) : resolve())
    if (typeof data === 'string') socket.write(data, 'latin1', done)
    else socket.write(data, done)
  })
}
