import { readFileSync } from 'node:fs'
import test from 'ava'
import fc from 'fast-check'
import { DecryptionError } from 'ferross'
import { transformBytes } from '#src/encryption/content-cipher.js'
import type { EncryptionClient } from '#src/encryption/encryption-client.js'
import type { EncryptionClientOptions } from '#src/encryption/options.js'
import { openSeal, sealFrom } from '#src/encryption/seal-parameters.js'
import { SealedCipher } from '#src/encryption/sealed-cipher.js'
import { mapSegments, sealedLength } from '#src/encryption/segments.js'
import { cse, encrypting, MemoryService, ruled, sha256 } from './support.js'

interface Vector {
  name: string
  bucket: string
  key: string
  contentKey: string
  salt: string
  segmentSize: number
  bound: boolean
  parameters: string
  segmentKey: string
  plainLength: number
  sealedLength: number
  sealedSha256: string
  sealed?: string
  tags: string[]
}
const { vectors } = JSON.parse(readFileSync('__test__/encryption/sealed-vectors.json', 'utf8')) as { vectors: Vector[] }
const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'))

const at = { bucket: 'examplebucket', key: 'k' }
const small: EncryptionClientOptions = { format: 'sealed', segmentSize: 4096 }
const stride = 4096 + 16

/** What reading gives: the plaintext that came, and the error that ended it. */
async function read(client: EncryptionClient, more = {}): Promise<{ plain: Buffer; error?: unknown }> {
  const chunks: Buffer[] = []
  try {
    const { body } = await client.getObject({ ...at, ...more })
    for await (const chunk of body!) chunks.push(chunk)
    return { plain: Buffer.concat(chunks) }
  } catch (error) {
    return { plain: Buffer.concat(chunks), error }
  }
}

/** A sealed object in a service, and a way to read it after changing it. */
async function sealed(plain: Uint8Array, options = small) {
  const service = new MemoryService()
  const client = encrypting(service, options)
  await client.putObject({ ...at, body: plain })
  const { bytes, headers } = service.object()
  const readChanged = (changed: Buffer, more = {}) => {
    service.objects.set('k', { bytes: changed, headers })
    return read(client, more)
  }
  return { service, client, bytes, headers, readChanged }
}

test('the vectors of an independent implementation hold', t => {
  t.is(vectors.length, 8)
  for (const vector of vectors) {
    const { bucket, key, bound, segmentSize, plainLength } = vector
    const plain = ruled(plainLength)
    const head = Uint8Array.of(1, bound ? 1 : 0, Math.log2(segmentSize), 0)
    const seal = sealFrom(bytes(vector.contentKey), head, bytes(vector.salt), bound ? { bucket, key } : undefined)
    t.deepEqual(seal.parameters, bytes(vector.parameters), vector.name)
    t.deepEqual(seal.segmentKey, bytes(vector.segmentKey), vector.name)
    const opened = openSeal(bytes(vector.contentKey), seal.parameters, { bucket, key })
    t.deepEqual(opened, { segmentKey: seal.segmentKey, segmentSize })

    const cipher = new SealedCipher(opened)
    const stored = transformBytes(cipher.encryptor(0, true), plain)
    t.is(stored.length, vector.sealedLength)
    t.is(sealedLength(plainLength, segmentSize), vector.sealedLength)
    t.is(mapSegments(stored.length, segmentSize).plainLength, plainLength)
    t.is(sha256(stored), vector.sealedSha256, vector.name)
    if (vector.sealed !== undefined) t.deepEqual(stored, Buffer.from(bytes(vector.sealed)))
    const range = { offset: 0, length: stored.length, total: stored.length }
    t.true(transformBytes(cipher.decryptor(range), stored).equals(plain))
  }
})

test('the documentation shows these vectors', t => {
  const page = readFileSync('docs/encryption.md', 'utf8').replace(/\s+/g, ' ')
  const [empty, one] = vectors as [Vector, Vector]
  const shown = [empty.contentKey, empty.salt, empty.sealed, one.sealed].map(text =>
    Buffer.from(text as string, 'base64'),
  )
  shown.push(Buffer.from(empty.parameters, 'base64').subarray(36))
  for (const value of shown) t.true(page.includes(value.toString('hex').replace(/..(?!$)/g, '$& ')))
})

test('every changed bit of content is noticed, and no byte of its segment comes out', async t => {
  const plain = ruled(9000)
  const { bytes, readChanged } = await sealed(plain)
  t.is(bytes.length, 9000 + 3 * 16)
  const places = [...Array(40).keys(), ...Array.from({ length: 200 }, (_, i) => (i * 977) % bytes.length)]
  for (const place of [...places, stride - 1, stride, 2 * stride, bytes.length - 1]) {
    const changed = Buffer.from(bytes)
    changed[place]! ^= 1 << (place % 8)
    const { plain: released, error } = await readChanged(changed)
    t.true(error instanceof DecryptionError || (error as Error)?.name === 'InconsistentError', `${place}: ${error}`)
    t.true(released.length <= Math.floor(place / stride) * 4096)
    t.true(released.equals(plain.subarray(0, released.length)), 'what was released is what was written')
  }
})

test('cutting, repeating, reordering and joining segments is noticed', async t => {
  const plain = ruled(5 * 4096 + 100)
  const { bytes, readChanged, headers, service, client } = await sealed(plain)
  const segment = (i: number) => bytes.subarray(i * stride, (i + 1) * stride)
  const all = [0, 1, 2, 3, 4, 5].map(segment)
  const [a, b, c, d, e, f] = all as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer]
  const changes: [string, Buffer[]][] = [
    ['last one missing', [a, b, c, d, e]],
    ['only the first', [a]],
    ['nothing', []],
    ['a tag only', [f.subarray(-16)]],
    ['first one missing', [b, c, d, e, f]],
    ['one missing inside', [a, b, d, e, f]],
    ['two swapped', [a, c, b, d, e, f]],
    ['one twice', [a, a, b, c, d, e, f]],
    ['last one twice', [a, b, c, d, e, f, f]],
    ['cut inside a segment', [a, b, c.subarray(0, 50)]],
    ['cut inside a tag', [a, b, c, d, e, f.subarray(0, -1)]],
    ['something behind', [...all, Buffer.alloc(1)]],
    ['an empty segment behind', [a, b, c, d, e, Buffer.alloc(16)]],
    ['last one before', [f, a, b, c, d, e]],
  ]
  for (const [name, pieces] of changes) {
    const { plain: released, error } = await readChanged(Buffer.concat(pieces))
    t.true(error instanceof DecryptionError, `${name}: ${error}`)
    t.true(released.equals(plain.subarray(0, released.length)), name)
    const opened = async () => (await client.openFile('examplebucket', 'k')).read()
    await t.throwsAsync(opened, { instanceOf: DecryptionError }, name)
    const end = await readChanged(Buffer.concat(pieces), { rangeHeader: 'bytes=-50' })
    t.true(end.error !== undefined || end.plain.equals(plain.subarray(-50)), name)
  }
  const other = await sealed(plain)
  const joined = Buffer.concat([a, other.bytes.subarray(stride)])
  t.true((await readChanged(joined)).error instanceof DecryptionError, 'segments of two objects')
  service.objects.set('k', { bytes: other.bytes, headers })
  t.true((await read(client)).error instanceof DecryptionError, "another object's content")
})

test('ranges of a damaged object give only what is right', async t => {
  const plain = ruled(30_000)
  const { bytes, readChanged } = await sealed(plain)
  await fc.assert(
    fc.asyncProperty(fc.nat(29_999), fc.nat(29_999), fc.nat(bytes.length - 1), async (x, y, place) => {
      const [start, end] = [Math.min(x, y), Math.max(x, y)]
      const changed = Buffer.from(bytes)
      changed[place]! ^= 0x80
      const damaged = Math.floor(place / stride)
      const touched = Math.floor(start / 4096) <= damaged && damaged <= Math.floor(end / 4096)
      const { plain: released, error } = await readChanged(changed, { rangeHeader: `bytes=${start}-${end}` })
      t.is(error instanceof DecryptionError, touched)
      if (!touched) t.is(released.length, end - start + 1)
      t.true(released.equals(plain.subarray(start, start + released.length)))
    }),
    { numRuns: 60 },
  )
})

test('every byte of the parameters counts', async t => {
  const { service, client, bytes, headers } = await sealed(ruled(100))
  const parameters = Buffer.from(headers[`${cse}start`] as string, 'base64')
  t.is(parameters.length, 68)
  for (let place = 0; place < 68; place++) {
    for (const bit of [1, 2, 128]) {
      const changed = Buffer.from(parameters)
      changed[place]! ^= bit
      service.objects.set('k', { bytes, headers: { ...headers, [`${cse}start`]: changed.toString('base64') } })
      t.true((await read(client)).error instanceof DecryptionError, `byte ${place}`)
    }
  }
})

test('an object is read under its own name only, unless it was not bound', async t => {
  for (const bindLocation of [true, false]) {
    const { service, client } = await sealed(ruled(100), { ...small, bindLocation })
    service.objects.set('copy', service.object())
    const copy = await read(client, { key: 'copy' })
    const elsewhere = await read(client, { bucket: 'otherbucket' })
    for (const { plain, error } of [copy, elsewhere]) {
      if (bindLocation) t.true(error instanceof DecryptionError)
      else t.true(plain.equals(ruled(100)))
    }
  }
})

test('nothing weaker is read without a word', async t => {
  const { service, client, bytes, headers } = await sealed(ruled(100))
  const label = { ...headers, [`${cse}cek-alg`]: 'AES/CTR/NoPadding' }
  const downgrades = [
    { bytes: ruled(100), headers: {} },
    { bytes, headers: label },
    { bytes, headers: { ...headers, [`${cse}cek-alg`]: 'FERROSS/SEALED/0' } },
  ]
  for (const object of downgrades) {
    service.objects.set('k', object)
    t.true((await read(client)).error instanceof DecryptionError)
  }
  await encrypting(service).putObject({ ...at, body: 'compatible' })
  t.true((await read(client)).error instanceof DecryptionError)
  t.is(String((await read(encrypting(service, { ...small, accept: 'encrypted' }))).plain), 'compatible')
})

test('sizes of objects follow from stored lengths, and only possible ones do', t => {
  fc.assert(
    fc.property(fc.nat(100_000), fc.integer({ min: 12, max: 24 }), (plainLength, log) => {
      const length = sealedLength(plainLength, 2 ** log)
      t.is(mapSegments(length, 2 ** log).plainLength, plainLength)
      t.is(mapSegments(length, 2 ** log).count, Math.max(1, Math.ceil(plainLength / 2 ** log)))
    }),
  )
  for (const impossible of [0, 1, 15, stride + 1, stride + 16, 2 * stride + 16, 2 * stride + 3]) {
    t.throws(() => mapSegments(impossible, 4096), { instanceOf: DecryptionError }, String(impossible))
  }
  t.is(sealedLength(5 * 2 ** 43, 4096), 5 * 2 ** 43 + (5 * 2 ** 43) / 256)
})
