import { setImmediate as nextTurn } from 'node:timers/promises'
import { DecryptionError } from '../errors.js'
import type { SegmentSpec } from './engine.js'
import { crc64 } from './fallback-crc64.js'
import { openSegment, sealSegment, tagLength } from './segments.js'

/** Bytes that are worked on before other tasks get their turn: about half a millisecond. */
const bytesPerTurn = 512 * 1024

/** Seals segments with node:crypto on the JavaScript thread. */
export async function sealSegments(
  { key, segmentSize, index, last }: SegmentSpec,
  plain: Uint8Array,
  output: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<bigint> {
  const count = Math.ceil(output.byteLength / (segmentSize + tagLength))
  let [position, worked, checksum] = [0, 0, 0n]
  for (let place = 0; place < count; place++) {
    const content = plain.subarray(place * segmentSize, (place + 1) * segmentSize)
    const start = position
    for (const piece of sealSegment(key, index + place, last && place === count - 1, content)) {
      output.set(piece, position)
      position += piece.byteLength
    }
    checksum = crc64(output.subarray(start, position), checksum)
    worked += content.byteLength
    if (worked < bytesPerTurn) continue
    worked = 0
    await nextTurn()
    signal?.throwIfAborted()
  }
  return checksum
}

/** Opens segments with node:crypto on the JavaScript thread. */
export async function openSegments(
  { key, segmentSize, index, last }: SegmentSpec,
  sealed: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<number> {
  const stride = segmentSize + tagLength
  const count = Math.ceil(sealed.byteLength / stride)
  // The end of a sequence is a segment too, so somebody cut it off.
  if (count === 0 && last) throw new DecryptionError()
  let [length, worked] = [0, 0]
  for (let place = 0; place < count; place++) {
    const segment = sealed.subarray(place * stride, (place + 1) * stride)
    const content = openSegment(key, index + place, last && place === count - 1, segment)
    sealed.set(content, length)
    length += content.byteLength
    worked += content.byteLength
    if (worked < bytesPerTurn) continue
    worked = 0
    await nextTurn()
    signal?.throwIfAborted()
  }
  return length
}
