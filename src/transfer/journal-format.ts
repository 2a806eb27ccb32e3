import { crc64 } from '../native/checksum.js'

/** One entry of a journal: plain data. */
export type JournalRecord = Readonly<Record<string, unknown>>

/** What a journal says. */
export interface JournalContent {
  /** What the transfer is about. */
  readonly header: JournalRecord
  /** What has been done, in the order in which it happened. */
  readonly records: readonly JournalRecord[]
}

const newline = 0x0a
/** Length of a checksum in hexadecimal digits, and the blank after it. */
const prefixLength = 17

/**
 * A record as a line: its CRC-64 in 16 hexadecimal digits, a blank, JSON. The checksum of a record continues from the
 * header's, so a line that belongs to another journal does not fit.
 */
export function journalLine(record: JournalRecord, seed = 0n): { line: string; crc64: bigint } {
  const json = JSON.stringify(record)
  const sum = crc64(Buffer.from(json), seed)
  return { line: `${sum.toString(16).padStart(16, '0')} ${json}\n`, crc64: sum }
}

/**
 * Reads the lines up to the first that is damaged or torn. Nothing when already the header is. Never throws: what was not
 * written by {@link journalLine} is not read.
 */
export function parseJournal(bytes: Uint8Array): JournalContent | undefined {
  let header: { record: JournalRecord; crc64: bigint } | undefined
  const records: JournalRecord[] = []
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(newline, start)
    if (end < 0) break
    const entry = parseLine(bytes.subarray(start, end), header?.crc64 ?? 0n)
    if (entry === undefined) break
    if (header === undefined) header = entry
    else records.push(entry.record)
    start = end + 1
  }
  return header && { header: header.record, records }
}

function parseLine(line: Uint8Array, seed: bigint): { record: JournalRecord; crc64: bigint } | undefined {
  const text = Buffer.from(line.buffer, line.byteOffset, line.byteLength)
  const stated = text.toString('latin1', 0, prefixLength)
  if (!/^[0-9a-f]{16} $/.test(stated)) return undefined
  const json = text.subarray(prefixLength)
  const actual = crc64(json, seed)
  if (actual !== BigInt(`0x${stated.trimEnd()}`)) return undefined
  try {
    const record: unknown = JSON.parse(json.toString('utf8'))
    const isRecord = typeof record === 'object' && record !== null && !Array.isArray(record)
    return isRecord ? { record: record as JournalRecord, crc64: actual } : undefined
  } catch {
    return undefined
  }
}
