/**
 * CRC-64/XZ in WebAssembly: slicing by sixteen with 64-bit arithmetic, which JavaScript has only as BigInt. The module is so
 * small that it is put together here, instruction by instruction, rather than kept as bytes that nobody can read.
 */

// What is used of it; neither the compiler's library nor the types of Node.js 20 have it.
declare const WebAssembly:
  | undefined
  | {
      Module: new (bytes: Uint8Array) => object
      Instance: new (module: object) => { readonly exports: object }
    }

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly update: (state: bigint, length: number) => bigint
}

// Memory of the module: sixteen tables of 256 words of eight bytes, then the bytes that are looked at.
const TABLE_BYTES = 256 * 8
const DATA = 65_536
const DATA_BYTES = 65_536
const PAGE_BYTES = 65_536

// Parameters and variables of the function: the state, length (later the end), place, and the sixteen bytes at the place.
const STATE = 0
const END = 1
const PLACE = 2
const FIRST = 3
const SECOND = 4

const I32 = 0x7f
const I64 = 0x7e
const get = (local: number) => [0x20, local]
const set = (local: number) => [0x21, local]
const tee = (local: number) => [0x22, local]
const i32 = (value: number) => [0x41, ...signed(value)]
const i64 = (value: number) => [0x42, ...signed(value)]
const loadI64 = (offset: number) => [0x29, 3, ...unsigned(offset)]
const I32_ADD = 0x6a
const I32_AND = 0x71
const I32_LESS = 0x49
const I64_XOR = 0x85
const I64_SHIFT_LEFT = 0x86
const I64_SHIFT_RIGHT = 0x88
const I32_WRAP_I64 = 0xa7
const LOOP = [0x03, 0x40]
const BRANCH_IF = [0x0d, 0]
const END_OF_BLOCK = 0x0b

/** Continues a checksum over data whose length is a multiple of sixteen. */
export type WasmCrc64 = (previous: bigint, data: Uint8Array) => bigint

/**
 * Compiles the kernel, or gives `undefined` where Node.js was started without WebAssembly (`--jitless`).
 *
 * @param table effect of each byte with `k` zero bytes after it at index 256 * k + byte, for k below 16
 */
export function compileWasmCrc64(table: (index: number) => bigint): WasmCrc64 | undefined {
  if (typeof WebAssembly === 'undefined') return undefined
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()))
  const { memory, update } = exports as Exports
  const words = new DataView(memory.buffer)
  for (let index = 0; index < 16 * 256; index++) words.setBigUint64(index * 8, table(index), true)
  const window = new Uint8Array(memory.buffer, DATA, DATA_BYTES)
  return (previous, data) => {
    let state = ~previous
    for (let start = 0; start < data.length; start += DATA_BYTES) {
      const piece = data.subarray(start, start + DATA_BYTES)
      window.set(piece)
      state = update(state, piece.length)
    }
    return BigInt.asUintN(64, ~state)
  }
}

function moduleBytes(): Uint8Array {
  const name = (text: string) => [text.length, ...Buffer.from(text)]
  const body = [2, 1, I32, 2, I64, ...code()]
  return Uint8Array.from([
    ...[0x00, ...Buffer.from('asm'), 1, 0, 0, 0],
    ...section(1, [1, 0x60, 2, I64, I32, 1, I64]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, (DATA + DATA_BYTES) / PAGE_BYTES]),
    ...section(7, [2, ...name('memory'), 2, 0, ...name('update'), 0, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ])
}

function section(id: number, content: number[]): number[] {
  return [id, ...unsigned(content.length), ...content]
}

/** (state, length) => state after so many bytes of the window. The length is not zero. */
function code(): number[] {
  return [
    ...[...i32(DATA), ...set(PLACE)],
    ...[...get(END), ...i32(DATA), I32_ADD, ...set(END)],
    ...LOOP,
    ...[...get(PLACE), ...loadI64(0), ...get(STATE), I64_XOR, ...set(FIRST)],
    ...[...get(PLACE), ...loadI64(8), ...set(SECOND)],
    ...Array.from({ length: 16 }, (_, place) => [...effectOf(place), ...(place > 0 ? [I64_XOR] : [])]).flat(),
    ...set(STATE),
    ...[...get(PLACE), ...i32(16), I32_ADD, ...tee(PLACE)],
    ...[...get(END), I32_LESS, ...BRANCH_IF],
    END_OF_BLOCK,
    ...get(STATE),
    END_OF_BLOCK,
  ]
}

/** What the byte at a place among sixteen adds to the state. */
function effectOf(place: number): number[] {
  const word = place < 8 ? FIRST : SECOND
  // The byte times eight is the place of its word in a table.
  const bits = 8 * (place % 8) - 3
  const shift = bits < 0 ? [...i64(-bits), I64_SHIFT_LEFT] : [...i64(bits), I64_SHIFT_RIGHT]
  const index = [...get(word), ...shift, I32_WRAP_I64, ...i32(255 * 8), I32_AND]
  return [...index, ...loadI64((15 - place) * TABLE_BYTES)]
}

/** A number in seven bits a byte, the lowest first. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)]
}

/** The same for a number that might be negative: the last byte tells by its second bit. None here is. */
function signed(value: number): number[] {
  return value < 64 ? [value] : [(value & 127) | 128, ...signed(value >>> 7)]
}
