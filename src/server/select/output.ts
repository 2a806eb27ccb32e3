import { Failure } from '../failure.js'
import { continuousFrame, dataFrame, endFrame } from './frames.js'

/** Rows are gathered to this length, so that a frame is not made for each. */
const frameBytes = 64 * 1024
/** After so much of the object without a row, a frame says that the work goes on. */
const silentBytes = 4 * 1024 * 1024

/** Rows as plain data. A failure breaks the answer off, since plain data can't tell of it. */
export async function* rawRows(rows: AsyncIterable<string>): AsyncGenerator<Buffer> {
  yield* gathered(rows)
}

/** Rows in frames. A failure is told in the last one. */
export async function* framedRows(
  rows: AsyncIterable<string>,
  scanned: () => number,
  checksums: boolean,
): AsyncGenerator<Buffer> {
  let told = 0
  try {
    for await (const bytes of gathered(rows)) {
      if (scanned() - told > silentBytes) yield continuousFrame(scanned(), checksums)
      told = scanned()
      yield dataFrame(scanned(), bytes, checksums)
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    yield endFrame(scanned(), error.status, `${error.code}.${error.message}`, checksums)
    return
  }
  yield endFrame(scanned(), 206, '', checksums)
}

async function* gathered(rows: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let held: Buffer[] = []
  let size = 0
  try {
    for await (const row of rows) {
      const bytes = Buffer.from(row)
      held.push(bytes)
      size += bytes.length
      if (size < frameBytes) continue
      yield Buffer.concat(held)
      held = []
      size = 0
    }
  } catch (error) {
    // What was found before the failure is told first.
    if (size > 0) yield Buffer.concat(held)
    throw error
  }
  if (size > 0) yield Buffer.concat(held)
}
