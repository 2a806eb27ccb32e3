/** Compares two texts by their UTF-8 bytes, which is how the service orders keys. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    let x = a.charCodeAt(at)
    let y = b.charCodeAt(at)
    if (x === y) continue
    // UTF-16 sorts surrogates before U+E000..U+FFFF, UTF-8 sorts what they stand for after it.
    if (x >= 0xd800 && y >= 0xd800) {
      x = x >= 0xe000 ? x - 0x800 : x + 0x2000
      y = y >= 0xe000 ? y - 0x800 : y + 0x2000
    }
    return x - y
  }
  return a.length - b.length
}

/** A set of texts in the order of their UTF-8 bytes. */
export class SortedKeys {
  #keys: string[]

  constructor(keys: Iterable<string> = []) {
    this.#keys = [...new Set(keys)].sort(compareUtf8)
  }

  /** Number of texts. */
  get size(): number {
    return this.#keys.length
  }

  /** The text at a place, from 0. */
  at(index: number): string | undefined {
    return this.#keys[index]
  }

  /** Puts a text in its place; does nothing when it is there. */
  add(key: string): void {
    // Keys mostly arrive in order, so the end is tried first.
    const last = this.#keys.at(-1)
    if (last === undefined || compareUtf8(last, key) < 0) {
      this.#keys.push(key)
      return
    }
    const index = this.firstFrom(key)
    if (this.#keys[index] !== key) this.#keys.splice(index, 0, key)
  }

  /** Takes a text out. */
  remove(key: string): void {
    const index = this.firstFrom(key)
    if (this.#keys[index] === key) this.#keys.splice(index, 1)
  }

  /** Place of the first text that is not before `key`. */
  firstFrom(key: string): number {
    return this.#search(candidate => compareUtf8(candidate, key) >= 0)
  }

  /** Place of the first text after `key`. */
  firstAfter(key: string): number {
    return this.#search(candidate => compareUtf8(candidate, key) > 0)
  }

  /** Place of the first text after all that start with `prefix`. */
  firstBeyond(prefix: string): number {
    return this.#search(candidate => !candidate.startsWith(prefix) && compareUtf8(candidate, prefix) > 0)
  }

  /** The first place where a condition holds that stays true once it is true. */
  #search(holds: (candidate: string) => boolean): number {
    let low = 0
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (holds(this.#keys[middle] as string)) high = middle
      else low = middle + 1
    }
    return low
  }
}
