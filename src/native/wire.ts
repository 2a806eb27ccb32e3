/** What a wire can be told about TLS. */
export interface WireTls {
  /** Authorities to trust, PEM. */
  readonly roots: readonly string[]
  /** Certificate of the client with those above it, PEM. */
  readonly certificate?: string
  /** Private key of the certificate, PEM, not encrypted. */
  readonly key?: string
  /** Refuses TLS 1.2. */
  readonly tls13Only: boolean
}

/** How far sending came. */
export interface WireProgress {
  /** Bytes that were handed to the system. */
  readonly count: number
  /** Whether an answer came before all was sent, which then ends sending. */
  readonly answered: boolean
}

/**
 * A connection whose bytes native threads move, TLS included. Sending and receiving end early, with fewer bytes than there
 * were, once a moment has passed: whoever moves many sees how they move. One call at a time.
 *
 * Calls reject with a {@link WireError} for whatever the connection is to blame for. `timeout` is in milliseconds without any
 * progress; 0 for no limit.
 */
export interface Wire {
  /** Makes the TLS connection. */
  handshake(timeout: number): Promise<void>
  /** Sends bytes, if any, and waits for the head of an answer, which is given with the empty line at its end. */
  exchange(bytes: Uint8Array, timeout: number): Promise<Buffer>
  /** Sends bytes, which must not change meanwhile. */
  send(bytes: Uint8Array, timeout: number): Promise<WireProgress>
  /** Receives at least one byte into the buffer; 0 at the end of the stream. */
  receive(buffer: Uint8Array, timeout: number): Promise<number>
  /** Whether nothing has arrived that nobody waits for: not even the end of the connection. */
  quiet(): boolean
  /** Ends the connection and what is under way. May be called twice. */
  close(): void
}

/** Sums over bytes that were sent. */
export interface SentSums {
  /** CRC-64 of the bytes in the file. */
  readonly plain: bigint
  /** CRC-64 of the bytes as sent: the same unless they are encrypted. */
  readonly sent: bigint
}

/** Sums over bytes that were received. */
export interface ReceivedSums {
  /** CRC-64 of the bytes as they came. */
  readonly received: bigint
  /** CRC-64 of the bytes as written: the same unless they are decrypted. */
  readonly plain: bigint
}

/** A body that can send itself over a wire, and is read where there is none. */
export interface WireBody extends AsyncIterable<Uint8Array> {
  /** Sends on from where the last call ended. Calls follow each other until `length` bytes were sent. */
  sendOver(wire: Wire, timeout: number): Promise<WireProgress>
}

/** Puts up to `limit` bytes from a wire where they belong, and resolves how many these were. */
export type WireSink = (wire: Wire, limit: number, timeout: number) => Promise<number>

/** Why a wire failed. */
export class WireError extends Error {
  /** `TimedOut`, `Closed`, `HeadTooLong`, `Tls`, or the system's name, such as `ECONNRESET`. */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Whether a body can send itself over a wire. */
export function isWireBody(body: unknown): body is WireBody {
  return typeof body === 'object' && body !== null && 'sendOver' in body
}
