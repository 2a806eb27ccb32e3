/**
 * CRC-64/XZ without the addon. In WebAssembly where there is any, else in plain JavaScript: slicing by sixteen, with every
 * 64-bit value held as two 32-bit halves because BigInt arithmetic is a hundred times slower.
 */

import { compileWasmCrc64, type WasmCrc64 } from './fallback-crc64-wasm.js'

const POLYNOMIAL_HIGH = 0xc96c5795 | 0
const POLYNOMIAL_LOW = 0xd7870f42 | 0
const POLYNOMIAL = 0xc96c5795d7870f42n
const ONE = 1n << 63n

// Index 256 * k + b holds the effect of byte b followed by k zero bytes.
const HIGH = new Int32Array(16 * 256)
const LOW = new Int32Array(16 * 256)

for (let byte = 0; byte < 256; byte++) {
  let high = 0
  let low = byte
  for (let bit = 0; bit < 8; bit++) {
    const odd = low & 1
    low = (low >>> 1) | (high << 31)
    high >>>= 1
    if (odd) {
      high ^= POLYNOMIAL_HIGH
      low ^= POLYNOMIAL_LOW
    }
  }
  HIGH[byte] = high
  LOW[byte] = low
}
for (let index = 256; index < HIGH.length; index++) {
  const high = HIGH[index - 256]!
  const low = LOW[index - 256]!
  HIGH[index] = (high >>> 8) ^ HIGH[low & 255]!
  LOW[index] = ((low >>> 8) | (high << 24)) ^ LOW[low & 255]!
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

// Compiled when first needed: where the addon is loaded, that is never. Null where it cannot be.
let wasm: WasmCrc64 | null | undefined

/** CRC-64 of `data`, continuing from `previous`, which must be a number of 64 bits. */
export function crc64(data: Uint8Array, previous: bigint): bigint {
  // Below this, converting the state to BigInt and back costs more than it saves.
  if (data.length < 1024) return plainCrc64(data, previous)
  if (wasm === undefined) wasm = compileWasmCrc64(index => join(HIGH[index]!, LOW[index]!)) ?? null
  if (wasm === null) return plainCrc64(data, previous)
  const whole = data.length - (data.length % 16)
  return plainCrc64(data.subarray(whole), wasm(previous, data.subarray(0, whole)))
}

/** The same in plain JavaScript. */
export function plainCrc64(data: Uint8Array, previous: bigint): bigint {
  const state: State = { high: ~Number(previous >> 32n), low: ~Number(previous & 0xffffffffn) }
  const end = data.length
  // Words need their alignment; a few bytes are not worth a view.
  const head = end < 64 || !littleEndian ? end : -data.byteOffset & 3
  const words = (end - head) >>> 4
  updateBytes(state, data, 0, head)
  if (words > 0) updateWords(state, new Int32Array(data.buffer, data.byteOffset + head, words * 4))
  updateBytes(state, data, head + words * 16, end)
  return join(~state.high, ~state.low)
}

function join(high: number, low: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
}

interface State {
  high: number
  low: number
}

function updateBytes(state: State, data: Uint8Array, start: number, end: number): void {
  let { high, low } = state
  for (let i = start; i < end; i++) {
    const index = (low ^ data[i]!) & 255
    low = ((low >>> 8) | (high << 24)) ^ LOW[index]!
    high = (high >>> 8) ^ HIGH[index]!
  }
  state.high = high
  state.low = low
}

/** Takes sixteen bytes at a time. Written out, since a loop over the tables would cost more than the tables. */
function updateWords(state: State, words: Int32Array): void {
  let { high, low } = state
  const H = HIGH
  const L = LOW
  for (let i = 0; i < words.length; i += 4) {
    const a = words[i]! ^ low
    const b = words[i + 1]! ^ high
    const c = words[i + 2]!
    const d = words[i + 3]!
    const a0 = 3840 | (a & 255)
    const a1 = 3584 | ((a >>> 8) & 255)
    const a2 = 3328 | ((a >>> 16) & 255)
    const a3 = 3072 | (a >>> 24)
    const b0 = 2816 | (b & 255)
    const b1 = 2560 | ((b >>> 8) & 255)
    const b2 = 2304 | ((b >>> 16) & 255)
    const b3 = 2048 | (b >>> 24)
    const c0 = 1792 | (c & 255)
    const c1 = 1536 | ((c >>> 8) & 255)
    const c2 = 1280 | ((c >>> 16) & 255)
    const c3 = 1024 | (c >>> 24)
    const d0 = 768 | (d & 255)
    const d1 = 512 | ((d >>> 8) & 255)
    const d2 = 256 | ((d >>> 16) & 255)
    const d3 = d >>> 24
    // biome-ignore format: one line for each word
    low =
      L[a0]! ^ L[a1]! ^ L[a2]! ^ L[a3]! ^
      L[b0]! ^ L[b1]! ^ L[b2]! ^ L[b3]! ^
      L[c0]! ^ L[c1]! ^ L[c2]! ^ L[c3]! ^
      L[d0]! ^ L[d1]! ^ L[d2]! ^ L[d3]!
    // biome-ignore format: one line for each word
    high =
      H[a0]! ^ H[a1]! ^ H[a2]! ^ H[a3]! ^
      H[b0]! ^ H[b1]! ^ H[b2]! ^ H[b3]! ^
      H[c0]! ^ H[c1]! ^ H[c2]! ^ H[c3]! ^
      H[d0]! ^ H[d1]! ^ H[d2]! ^ H[d3]!
  }
  state.high = high
  state.low = low
}

/** CRC-64 of two sequences put together, from their checksums and the length of the second. */
export function crc64Combine(first: bigint, second: bigint, secondLength: number): bigint {
  // Nothing was added, whatever the second checksum claims; the other SDKs see it so, too.
  if (secondLength === 0) return first
  let shifted = first
  for (let remaining = secondLength, step = 0; remaining > 0; remaining = Math.floor(remaining / 2), step++) {
    if (remaining % 2 === 1) shifted = multiply(shifted, byteShift(step))
  }
  return shifted ^ second
}

const byteShifts: bigint[] = []

/** x^(8·2^step) modulo the polynomial: moves a checksum past 2^step zero bytes. */
function byteShift(step: number): bigint {
  // One byte is the polynomial x^8, which is 1 << (63 - 8) in reflected order.
  byteShifts[step] ??= step === 0 ? ONE >> 8n : multiply(byteShift(step - 1), byteShift(step - 1))
  return byteShifts[step]
}

/** Product of two polynomials modulo the generator, lowest power in the highest bit. */
function multiply(a: bigint, b: bigint): bigint {
  let product = 0n
  let shifted = a
  for (let bit = ONE; bit > 0n; bit >>= 1n) {
    if (b & bit) product ^= shifted
    shifted = shifted & 1n ? (shifted >> 1n) ^ POLYNOMIAL : shifted >> 1n
  }
  return product
}
