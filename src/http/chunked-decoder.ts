import { malformed } from './response-head.js'

/** Longest line between chunks, and how many bytes may follow the last one. */
const longestLine = 1024
const longestTrailer = 16 * 1024

/** Takes the framing off a body that comes in chunks of stated length (`Transfer-Encoding: chunked`). Trailers are dropped. */
export class ChunkedDecoder {
  /** What comes next: the length of a chunk, its bytes, the line break behind them, or what follows the last chunk. */
  #next: 'size' | 'bytes' | 'break' | 'trailer' | 'nothing' = 'size'
  #line = ''
  #left = 0
  #trailer = 0

  /** Whether the body is complete. */
  get done(): boolean {
    return this.#next === 'nothing'
  }

  /**
   * Takes what has arrived and hands on what belongs to the body, until there is no more of it or `hand` says no. Gives the
   * bytes that are left.
   * @throws HTTPParserError
   */
  take(bytes: Uint8Array, hand: (chunk: Uint8Array) => boolean): Uint8Array {
    let rest = bytes
    while (rest.length > 0 && !this.done) {
      if (this.#next === 'bytes') {
        const chunk = rest.subarray(0, this.#left)
        rest = rest.subarray(chunk.length)
        this.#left -= chunk.length
        if (this.#left === 0) this.#next = 'break'
        if (!hand(chunk)) return rest
      } else rest = this.#readLine(rest)
    }
    return rest
  }

  #readLine(bytes: Uint8Array): Uint8Array {
    const end = bytes.indexOf(0x0a)
    const piece = end < 0 ? bytes : bytes.subarray(0, end)
    if (this.#line.length + piece.length > longestLine) throw malformed('a line between chunks is too long')
    this.#line += Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('latin1')
    if (end < 0) return bytes.subarray(bytes.length)
    const line = this.#line
    this.#line = ''
    if (!/^[^\r\n\0]*\r$/.test(line)) throw malformed('a line between chunks ends wrongly')
    this.#understand(line.slice(0, -1))
    return bytes.subarray(end + 1)
  }

  #understand(line: string): void {
    if (this.#next === 'size') {
      const size = /^([0-9a-f]{1,12})[\t ]*(?:;.*)?$/i.exec(line)
      if (!size) throw malformed('the length of a chunk is not a number')
      this.#left = Number.parseInt(size[1] as string, 16)
      this.#next = this.#left > 0 ? 'bytes' : 'trailer'
    } else if (this.#next === 'break') {
      if (line !== '') throw malformed('a chunk is longer than it says')
      this.#next = 'size'
    } else if (line === '') this.#next = 'nothing'
    else {
      this.#trailer += line.length
      if (this.#trailer > longestTrailer) throw malformed('too much follows the last chunk')
    }
  }
}
