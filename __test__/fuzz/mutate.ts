import assert from 'node:assert/strict'
import fc from 'fast-check'

/** Bytes that mean something to one parser or another. */
const tokens = [
  ...[
    '<',
    '>',
    '</',
    '/>',
    '&',
    '&#x110000;',
    '&#0;',
    '<!--',
    '<![CDATA[',
    ']]>',
    '<!DOCTYPE',
    '<?xml',
    '__proto__',
    'constructor',
  ],
  ...[
    '\r\n',
    '\r\n\r\n',
    '\n',
    '\0',
    '"',
    "'",
    '\\',
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '=',
    ';',
    '%',
    '%zz',
    '--',
    '..',
    '/',
    '?',
    '#',
    '@',
  ],
  ...[
    '-1',
    '0',
    '9007199254740993',
    '1e309',
    'NaN',
    'Infinity',
    'null',
    'true',
    'bytes=',
    'b',
    '\ud800',
    '\u00ff',
    '\u2028',
    '😀',
  ],
]

const change = fc.record({
  at: fc.nat(),
  length: fc.nat({ max: 40 }),
  insert: fc.oneof(fc.constantFrom(...tokens), fc.string({ maxLength: 12 }), fc.constant('')),
})

/** A valid text of which pieces were replaced, taken out, or put in. */
export function mutated(...valid: readonly string[]): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom(...valid), fc.array(change, { maxLength: 6 })).map(([text, changes]) =>
    changes.reduce((changed, { at, length, insert }) => {
      const from = at % (changed.length + 1)
      return changed.slice(0, from) + insert + changed.slice(from + length)
    }, text),
  )
}

/** The same with bytes, and single bits. */
export function mutatedBytes(...valid: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const texts = mutated(...valid.map(bytes => bytes.toString('latin1'))).map(text => Buffer.from(text, 'latin1'))
  const flips = fc.array(fc.record({ at: fc.nat(), bit: fc.integer({ min: 0, max: 7 }) }), { maxLength: 3 })
  return fc.tuple(texts, flips).map(([bytes, bits]) => {
    for (const { at, bit } of bits) {
      if (bytes.length > 0) bytes.writeUInt8(bytes.readUInt8(at % bytes.length) ^ (1 << bit), at % bytes.length)
    }
    return bytes
  })
}

/** Text of any kind: valid text with changes, or anything at all. */
export function textLike(...valid: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: mutated(...valid) },
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string(),
  )
}

/** Cuts bytes into pieces at the given places. */
export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map(place => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
}

type ErrorClass = abstract new (...args: never[]) => Error

/** Calls a parser: it gives something, or throws an error of one of these classes. */
export function givesOrThrows<T>(parse: () => T, ...classes: readonly ErrorClass[]): T | undefined {
  try {
    return parse()
  } catch (error) {
    checkClass(error, classes)
    return undefined
  }
}

/** The same with a promise. */
export async function givesOrRejects<T>(
  parse: () => Promise<T>,
  ...classes: readonly ErrorClass[]
): Promise<T | undefined> {
  try {
    return await parse()
  } catch (error) {
    checkClass(error, classes)
    return undefined
  }
}

function checkClass(error: unknown, classes: readonly ErrorClass[]): void {
  const known = classes.some(each => (each === Error ? (error as Error)?.constructor === Error : error instanceof each))
  if (!known) throw new Error('an error of a class that is not meant for this', { cause: error })
}

/** Nothing that was parsed may have changed what all objects have. */
export function checkPrototypes(): void {
  assert.deepEqual(Object.keys(Object.prototype), [])
  assert.equal(Reflect.get({}, 'polluted'), undefined)
}
