import { Failure } from '../failure.js'
import type { MultipartReader, PartHead } from './multipart-reader.js'

/** Longest value of a field, and most fields: what bounds the memory of a form. */
const maxFieldBytes = 4 * 1024
const maxFields = 1000

/** A form up to its file, whose content has not been read. */
export interface PostForm {
  /** Fields by their name in lower case, of repeated ones the last. */
  readonly fields: ReadonlyMap<string, string>
  readonly file: PartHead
}

/**
 * Reads the fields of a form up to its file, which has to be the last one.
 * @throws Failure FieldItemTooLong, IncorrectNumberOfFilesInPOSTRequest, MalformedPOSTRequest
 */
export async function readForm(reader: MultipartReader): Promise<PostForm> {
  const fields = new Map<string, string>()
  for (;;) {
    const head = await reader.next()
    if (head === undefined) throw new Failure('IncorrectNumberOfFilesInPOSTRequest')
    const name = head.name.toLowerCase()
    if (name === 'file') return { fields, file: head }
    if (fields.size >= maxFields) throw new Failure('MalformedPOSTRequest')
    fields.set(name, await readValue(reader, head.name))
  }
}

async function readValue(reader: MultipartReader, name: string): Promise<string> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of reader.content()) {
    size += piece.length
    if (size > maxFieldBytes) {
      throw new Failure('FieldItemTooLong', {
        message: `Your field exceeds the maximum allowed size: ${name}`,
        details: { MaxSizeAllowed: String(maxFieldBytes) },
      })
    }
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** Reads what follows the file. Fields there have no effect; a second file is an error. */
export async function readRest(reader: MultipartReader): Promise<void> {
  for (let head = await reader.next(); head !== undefined; head = await reader.next()) {
    if (head.name.toLowerCase() === 'file') throw new Failure('IncorrectNumberOfFilesInPOSTRequest')
  }
}

/** The file's content, which must not be longer than permitted. @throws Failure EntityTooLarge */
export async function* limited(source: AsyncIterable<Buffer>, max: number): AsyncGenerator<Buffer> {
  let size = 0
  for await (const piece of source) {
    size += piece.length
    if (size > max)
      throw new Failure('EntityTooLarge', { ec: '0006-00000000', details: { MaxSizeAllowed: String(max) } })
    yield piece
  }
}
