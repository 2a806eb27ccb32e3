import { crc32 } from 'node:zlib'

// A frame, with all numbers big-endian:
//
//   version 1 | type 3 | payload length 4 | CRC-32 of these eight 4 | payload | CRC-32 of the payload 4
//
// Every payload begins with eight bytes for the position in the object. Where checksums were not asked for they are zero.

const types = { data: 0x800001, continuous: 0x800004, end: 0x800005, csvMetaEnd: 0x800006, jsonMetaEnd: 0x800007 }

function frame(type: keyof typeof types, payload: Buffer, checksums: boolean): Buffer {
  const bytes = Buffer.alloc(12 + payload.length + 4)
  bytes[0] = 1
  bytes.writeUIntBE(types[type], 1, 3)
  bytes.writeUInt32BE(payload.length, 4)
  payload.copy(bytes, 12)
  if (!checksums) return bytes
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8)
  bytes.writeUInt32BE(crc32(payload), 12 + payload.length)
  return bytes
}

function position(offset: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(offset))
  return bytes
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** A frame with rows. */
export function dataFrame(offset: number, rows: Buffer, checksums: boolean): Buffer {
  return frame('data', Buffer.concat([position(offset), rows]), checksums)
}

/** A frame that only says that the work goes on. */
export function continuousFrame(offset: number, checksums: boolean): Buffer {
  return frame('continuous', position(offset), checksums)
}

/** The last frame of a query. @param message codes and explanation, empty when all went well */
export function endFrame(scanned: number, status: number, message: string, checksums: boolean): Buffer {
  const parts = [position(scanned), position(scanned), uint32(status), Buffer.from(message)]
  return frame('end', Buffer.concat(parts), checksums)
}

/** What scanning an object found. */
export interface SelectFigures {
  readonly scanned: number
  readonly splits: number
  readonly rows: number
  /** 0 for JSON. */
  readonly columns: number
}

/** The last frame of a scan. */
export function metaEndFrame(kind: 'csv' | 'json', figures: SelectFigures): Buffer {
  const { scanned, splits, rows, columns } = figures
  const parts = [position(scanned), position(scanned), uint32(200), uint32(splits), position(rows)]
  if (kind === 'csv') parts.push(uint32(columns))
  return frame(kind === 'csv' ? 'csvMetaEnd' : 'jsonMetaEnd', Buffer.concat(parts), false)
}
