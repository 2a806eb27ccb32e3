import { type JournalRecord, journalLine, parseJournal } from '#src/transfer/journal-format.js'
import type { Random } from '../helpers/random.js'

const oddities: readonly unknown[] = [0, -1, 3, 1e308, null, '', 'x', '1', '99999999999999999999999', {}, [], [1], true]

/** A journal after somebody, or something, has been at it. */
export function tamperedJournal(bytes: Buffer, random: Random): Buffer {
  const content = parseJournal(bytes)
  if (content === undefined || random.chance(0.4)) return damaged(bytes, random)
  const lines = [content.header, ...content.records].map(line => ({ ...line }))
  for (let change = random.between(1, 4); change > 0; change--) alter(lines, random)
  return signed(lines)
}

/** Bytes are missing, others, or too many. */
function damaged(bytes: Buffer, random: Random): Buffer {
  const changed = Buffer.from(bytes)
  for (let flips = random.between(0, 4); flips > 0 && changed.length > 0; flips--) {
    const at = random.between(0, changed.length)
    changed.writeUInt8(random.between(0, 256), at)
  }
  const cut = changed.subarray(0, random.chance(0.5) ? random.between(0, changed.length + 1) : changed.length)
  return random.chance(0.2) ? Buffer.concat([cut, random.bytes(random.between(1, 200))]) : cut
}

/** Changes, repeats, swaps or drops what a journal says. */
function alter(lines: Record<string, unknown>[], random: Random): void {
  const index = random.between(0, lines.length)
  const line = lines[index] as Record<string, unknown>
  const name = random.pick(Object.keys(line).concat('part'))
  switch (random.between(0, 4)) {
    case 0:
      line[name] = random.pick(oddities)
      break
    case 1:
      line[name] = random.pick(lines)[name]
      break
    case 2:
      lines.push({ ...line, part: random.between(0, 8) })
      break
    default:
      if (index > 0) lines.splice(index, 1)
  }
}

/** The lines with checksums that are right, as if it all were true. */
function signed(lines: readonly JournalRecord[]): Buffer {
  const [header = {}, ...records] = lines
  const first = journalLine(header)
  return Buffer.from(first.line + records.map(record => journalLine(record, first.crc64).line).join(''))
}
