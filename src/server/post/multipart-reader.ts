/** Why a body is not a form. */
export class MultipartError extends Error {
  override readonly name = 'MultipartError'
}

/** The head of one part of a form. */
export interface PartHead {
  /** Name of the field. */
  readonly name: string
  /** Name of the file; `undefined` for plain fields. */
  readonly fileName: string | undefined
  readonly contentType: string | undefined
}

const headEnd = Buffer.from('\r\n\r\n')
const maxHeadBytes = 16 * 1024

/** The boundary that a Content-Type names. @throws MultipartError */
export function boundaryOf(contentType: string | undefined): string {
  const match = /^multipart\/form-data\b.*;\s*boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(contentType ?? '')
  const boundary = match?.[1] ?? match?.[2]
  if (boundary === undefined) throw new MultipartError('the Content-Type names no boundary')
  return boundary
}

/**
 * Reads a form as its bytes come in, in pieces of any length, and holds no more than one piece and a boundary. Ask for the
 * next part with {@link MultipartReader.next}; what was not read of the one before is passed over.
 */
export class MultipartReader {
  readonly #source: AsyncIterator<Uint8Array>
  readonly #delimiter: Buffer
  /** What has come in and is not taken yet. Begins with a line break, so that the first boundary is like the others. */
  #held: Buffer = Buffer.from('\r\n')
  #inPart = false
  #over = false

  constructor(source: AsyncIterable<Uint8Array>, boundary: string) {
    this.#source = source[Symbol.asyncIterator]()
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1')
    // What precedes the first boundary is no part, but is passed over like one.
    this.#inPart = true
  }

  /** Goes on to the next part; `undefined` behind the last one. @throws MultipartError */
  async next(): Promise<PartHead | undefined> {
    if (this.#over) return undefined
    for await (const _rest of this.content()) {
      // Passed over.
    }
    const mark = await this.#take(2)
    if (mark.equals(Buffer.from('--'))) {
      this.#over = true
      // Senders may add a line break or more; the body is read to its end so that the connection stays usable.
      while (await this.#fill()) this.#held = Buffer.alloc(0)
      return undefined
    }
    if (!mark.equals(Buffer.from('\r\n'))) throw new MultipartError('a boundary is not followed by a line break')
    const head = readHead(await this.#takeHead())
    this.#inPart = true
    return head
  }

  /** What the part holds. @throws MultipartError when the body ends first */
  async *content(): AsyncGenerator<Buffer> {
    while (this.#inPart) {
      const at = this.#held.indexOf(this.#delimiter)
      if (at >= 0) {
        const last = this.#held.subarray(0, at)
        this.#held = this.#held.subarray(at + this.#delimiter.length)
        this.#inPart = false
        if (last.length > 0) yield last
        return
      }
      // The end may be the beginning of a boundary; the rest is not.
      const safe = this.#held.length - this.#delimiter.length + 1
      if (safe > 0) {
        const piece = this.#held.subarray(0, safe)
        this.#held = this.#held.subarray(safe)
        yield piece
      }
      await this.#need()
    }
  }

  async #takeHead(): Promise<string> {
    // A part without any header line has its empty line at once.
    let from = 0
    for (;;) {
      const start = this.#held.subarray(0, 2).equals(headEnd.subarray(0, 2))
      if (start) return (await this.#take(2)).toString('latin1').trim()
      const at = this.#held.indexOf(headEnd, from)
      if (at >= 0) {
        const head = await this.#take(at)
        await this.#take(headEnd.length)
        return head.toString('utf8')
      }
      if (this.#held.length > maxHeadBytes) throw new MultipartError('the head of a part is too long')
      from = Math.max(this.#held.length - headEnd.length + 1, 0)
      await this.#need()
    }
  }

  async #take(length: number): Promise<Buffer> {
    while (this.#held.length < length) await this.#need()
    const taken = this.#held.subarray(0, length)
    this.#held = this.#held.subarray(length)
    return taken
  }

  async #need(): Promise<void> {
    if (!(await this.#fill())) throw new MultipartError('the body ends before the form does')
  }

  async #fill(): Promise<boolean> {
    const { done, value } = await this.#source.next()
    if (done === true) return false
    const chunk = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    return true
  }
}

function readHead(source: string): PartHead {
  const headers = new Map<string, string>()
  for (const line of source.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
  const disposition = headers.get('content-disposition') ?? ''
  const name = parameter(disposition, 'name')
  if (!/^form-data\b/i.test(disposition) || name === undefined) throw new MultipartError('a part has no name')
  return { name, fileName: parameter(disposition, 'filename'), contentType: headers.get('content-type') }
}

/** A parameter of a header. Browsers write a quotation mark as `%22`, others as `\"`. */
function parameter(header: string, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]*))`, 'i').exec(header)
  return (match?.[1]?.replace(/\\(["\\])/g, '$1') ?? match?.[2])?.replace(/%22/g, '"')
}
