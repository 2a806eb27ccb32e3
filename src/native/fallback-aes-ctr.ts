import { type Cipher, createCipheriv } from 'node:crypto'
import { checkBytes, checkCipher } from './checks.js'
import type { AesCtr, CipherSpec } from './engine.js'

const BLOCK = 16

// `update` returns new memory; pieces of this size keep it in the cache.
const PIECE = 64 * 1024

/** AES-256-CTR by node:crypto, started at any byte. */
export class FallbackAesCtr implements AesCtr {
  readonly #cipher: Cipher

  constructor(spec: CipherSpec) {
    checkCipher('', spec)
    const { key, iv, offset } = spec
    this.#cipher = createCipheriv('aes-256-ctr', key, counterBlock(iv, Math.floor(offset / BLOCK)))
    this.#cipher.update(Buffer.alloc(offset % BLOCK))
  }

  apply(data: Uint8Array, output?: Uint8Array): Uint8Array {
    checkBytes('data', data)
    if (output === undefined) return this.#apply(data, data)
    checkBytes('output', output, data.length)
    if (data.buffer !== output.buffer) return this.#apply(data, output)
    // They may overlap, and `set` takes care of that.
    output.set(data)
    return this.#apply(output, output)
  }

  #apply(data: Uint8Array, output: Uint8Array): Uint8Array {
    for (let start = 0; start < data.length; start += PIECE) {
      output.set(this.#cipher.update(data.subarray(start, start + PIECE)), start)
    }
    return output
  }
}

/** The counter block `blocks` after `iv`, a number that wraps at 2^128. */
function counterBlock(iv: Uint8Array, blocks: number): Buffer {
  const counter = Buffer.from(iv)
  const low = counter.readBigUInt64BE(8) + BigInt(blocks)
  const high = counter.readBigUInt64BE(0) + (low >> 64n)
  counter.writeBigUInt64BE(BigInt.asUintN(64, low), 8)
  counter.writeBigUInt64BE(BigInt.asUintN(64, high), 0)
  return counter
}
