/** Collects chunks of any size and gives them out in pieces of the size asked for. */
export class Gatherer {
  #chunks: Uint8Array[] = []
  #length = 0
  #foreign = false

  /** Bytes held. */
  get length(): number {
    return this.#length
  }

  /** Takes a chunk, without copying it. */
  push(chunk: Uint8Array): void {
    if (chunk.byteLength === 0) return
    this.#chunks.push(chunk)
    this.#length += chunk.byteLength
    this.#foreign = true
  }

  /** Copies what is left of the chunk that came last, whose owner may use its memory again. */
  settle(): void {
    const last = this.#chunks.at(-1)
    if (this.#foreign && last !== undefined) this.#chunks[this.#chunks.length - 1] = Buffer.from(last)
    this.#foreign = false
  }

  /** Gives the first `size` bytes, of which there must be enough. They may lie in a chunk's own memory. */
  take(size: number): Uint8Array {
    const pieces = this.#takePieces(size)
    return pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces, size)
  }

  /** Gives a copy of the first `size` bytes, of which there must be enough. */
  takeCopy(size: number): Buffer {
    return Buffer.concat(this.#takePieces(size), size)
  }

  #takePieces(size: number): Uint8Array[] {
    const pieces: Uint8Array[] = []
    let missing = size
    let used = 0
    while (missing > 0) {
      const chunk = this.#chunks[used] as Uint8Array
      if (chunk.byteLength > missing) {
        pieces.push(chunk.subarray(0, missing))
        this.#chunks[used] = chunk.subarray(missing)
        missing = 0
      } else {
        pieces.push(chunk)
        missing -= chunk.byteLength
        used++
      }
    }
    this.#chunks.splice(0, used)
    this.#length -= size
    return pieces
  }
}
