import type { Socket } from 'node:net'
import type { buildConnector } from 'undici'
import { onAbort } from '../internal/on-abort.js'
import { errors } from './undici.js'

/** One try to make a connection, over as many steps and sockets as it takes: reports the outcome once, within the time. */
export class ConnectAttempt {
  readonly #callback: buildConnector.Callback
  #timer: NodeJS.Timeout | undefined
  #socket: Socket | undefined
  #over = false
  #release: () => void = () => {}

  /** `timeout` is in milliseconds, for all steps together; 0 means no limit. The signal ends the attempt. */
  constructor({ timeout, signal }: { timeout: number; signal?: AbortSignal }, callback: buildConnector.Callback) {
    this.#callback = callback
    this.#release = onAbort(signal, () => this.fail(new errors.ClientDestroyedError()))
    if (timeout <= 0) return
    const expired = () => this.fail(new errors.ConnectTimeoutError(`no connection after ${timeout} ms`))
    this.#timer = setTimeout(expired, timeout)
  }

  /** Waits for an event of a socket; when that fails first, the attempt has failed with what `explain` makes of it. */
  step(socket: Socket, event: string, next: () => void, explain = (error: Error) => error): void {
    if (this.#over) return void socket.on('error', () => {}).destroy()
    this.#socket = socket
    const stop = () => {
      socket.off(event, onEvent)
      socket.off('error', onError)
      socket.off('close', onClose)
    }
    const onEvent = () => {
      stop()
      if (!this.#over) next()
    }
    const onError = (error: Error) => {
      stop()
      this.fail(explain(error))
    }
    const onClose = () => onError(new errors.SocketError('the connection was closed while it was made'))
    socket.once(event, onEvent)
    socket.once('error', onError)
    socket.once('close', onClose)
  }

  succeed(socket: Socket): void {
    if (!this.#end()) return
    this.#callback(null, socket)
  }

  fail(error: Error): void {
    if (!this.#end()) return
    // The socket may have an error of its own to report yet.
    this.#socket?.on('error', () => {}).destroy(error)
    this.#callback(error, null)
  }

  #end(): boolean {
    if (this.#over) return false
    this.#over = true
    clearTimeout(this.#timer)
    this.#release()
    return true
  }
}
