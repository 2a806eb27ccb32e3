import type { Readable } from 'node:stream'

/** Time limits of one attempt, in milliseconds; 0 means none. */
export interface Timeouts {
  /** Until the connection stands, TLS included. */
  readonly connect: number
  /** Without any progress in sending or receiving. */
  readonly readwrite: number
}

/**
 * Follows the bytes of one exchange. It begins on hold; each `go` is followed by one `hold`, and they may be nested: time
 * counts while nobody holds.
 */
export interface FlowWatch {
  /** From here on the network is waited for. */
  go(): void
  /** Something else is waited for: a reader, a rate limit, a source. */
  hold(): void
  /** Bytes have passed, or are being handed to the network. */
  moved(bytes: number): void
}

/** One HTTP request, signed and ready. */
export interface HttpRequest {
  readonly method: string
  /** Absolute URL, already encoded: it must be sent byte for byte, dot segments included. */
  readonly url: string
  /** Headers, names in lower case. Values may hold any character of U+0000 to U+00FF except line breaks and NUL. */
  readonly headers: Readonly<Record<string, string>>
  /** Bytes in memory, or a sequence of them to be read once. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array> | undefined
  readonly signal?: AbortSignal | undefined
  readonly timeouts: Timeouts
  /** To be told when bytes wait for something that is not the network. Transports need not know it. */
  readonly flow?: FlowWatch | undefined
  /**
   * Whether this is one of many requests that move large bodies: what is received may then wait on its connection until somebody
   * reads, so that it need not be copied.
   */
  readonly bulk?: boolean | undefined
}

/** The head of an HTTP response, and its body as a stream that must be read or destroyed. */
export interface HttpResponse {
  readonly statusCode: number
  /** Headers, names in lower case; repeated ones joined with a comma. */
  readonly headers: Record<string, string>
  readonly body: Readable
  /** To be told of the body's bytes as they are read. Transports need not give it. */
  readonly flow?: FlowWatch | undefined
}

/**
 * Carries requests. The default is `UndiciHttpClient`; give your own as the client's `httpClient` to test or to route.
 * `send` rejects with {@link RequestError} or {@link TimeoutError} when no response arrives, and with the signal's reason
 * when aborted. Any status is a response.
 */
export interface HttpClient {
  send(request: HttpRequest): Promise<HttpResponse>
  /** Closes connections. Called by the client for transports it made itself. */
  close?(): Promise<void>
}
