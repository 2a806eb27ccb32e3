import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { ParamInvalidError } from '#src/errors.js'
import { cipher, engines, noise, temporaryFolder } from './engines.js'

/** Cuts data into copies of the given lengths and a rest. */
function cut(data: Buffer, lengths: number[]): Buffer[] {
  const chunks: Buffer[] = []
  let start = 0
  for (const length of [...lengths, data.length]) {
    chunks.push(Buffer.from(data.subarray(start, start + length)))
    start += length
  }
  return chunks
}

for (const engine of engines) {
  test(`${engine.kind}: parts written in any order and any chunks make the file`, async t => {
    const folder = await temporaryFolder(t)
    let number = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(400_000), { maxLength: 5 }), fc.nat(900_000), async (lengths, middle) => {
        const path = join(folder, `${number++}`)
        const content = noise(900_000)
        const writer = await engine.openPartWriter(path, { size: content.length })
        const [first, second] = [content.subarray(0, middle), content.subarray(middle)]
        const written = await Promise.all([
          writer.write(middle, cut(second, lengths)),
          writer.write(0, cut(first, lengths)),
        ])
        await writer.finish()
        t.true((await readFile(path)).equals(content))
        t.deepEqual(written[0], { crc64Received: engine.crc64(second), crc64Plain: engine.crc64(second) })
        t.deepEqual(written[1], { crc64Received: engine.crc64(first), crc64Plain: engine.crc64(first) })
      }),
      { numRuns: 15 },
    )
  })

  test(`${engine.kind}: decrypting while writing equals decrypting before`, async t => {
    const path = join(await temporaryFolder(t), 'file')
    const plain = noise(700_003)
    const encrypted = engine.aesCtr({ ...cipher, offset: 21 }).apply(Buffer.from(plain)) as Buffer
    const received = engine.crc64(encrypted)
    const writer = await engine.openPartWriter(path, { size: plain.length })
    const written = await writer.write(0, cut(encrypted, [1, 300_000, 0, 77]), { cipher: { ...cipher, offset: 21 } })
    t.deepEqual(written, { crc64Received: received, crc64Plain: engine.crc64(plain) })
    const unchecked = await writer.write(0, cut(encrypted, [5]), { cipher: { ...cipher, offset: 21 }, crc64: false })
    t.deepEqual(unchecked, { crc64Received: 0n, crc64Plain: 0n })
    await writer.finish()
    t.true((await readFile(path)).equals(plain))
  })

  const sparse = process.platform === 'linux' ? test : test.skip
  sparse(`${engine.kind}: the size of a file that is not written yet takes no room on the disk`, async t => {
    const path = join(await temporaryFolder(t), 'file')
    const size = 1024 ** 3
    const writer = await engine.openPartWriter(path, { size })
    const { size: stated, blocks } = await stat(path)
    t.is(stated, size)
    t.true(blocks * 512 < size / 100, `${blocks} blocks`)
    await writer.discard()
  })

  test(`${engine.kind}: the file has its size from the start, also an empty one`, async t => {
    const folder = await temporaryFolder(t)
    for (const size of [0, 1, 123_456]) {
      const path = join(folder, `${size}`)
      const writer = await engine.openPartWriter(path, { size })
      t.deepEqual(await readFile(path), Buffer.alloc(size))
      t.deepEqual(await writer.write(size, []), { crc64Received: 0n, crc64Plain: 0n })
      await writer.finish()
    }
  })

  test(`${engine.kind}: a resumed file keeps its content and gets its size`, async t => {
    const path = join(await temporaryFolder(t), 'file')
    await writeFile(path, 'finished part and too much')
    const writer = await engine.openPartWriter(path, { size: 17, existing: true })
    await writer.write(13, [Buffer.from('done')])
    await writer.finish()
    t.is(await readFile(path, 'utf8'), 'finished partdone')
  })

  test(`${engine.kind}: existing, missing and unusable paths give the system's error`, async t => {
    const folder = await temporaryFolder(t)
    await writeFile(join(folder, 'old'), 'old')
    await mkdir(join(folder, 'directory'))
    const cases: [string, boolean, string][] = [
      ['old', false, 'EEXIST'],
      ['missing', true, 'ENOENT'],
      ['directory', true, 'EISDIR'],
      ['missing/file', false, 'ENOENT'],
      ['old/file', false, 'ENOTDIR'],
    ]
    for (const [name, existing, code] of cases) {
      const path = join(folder, name)
      const error = await t.throwsAsync(engine.openPartWriter(path, { size: 1, existing }), { code })
      t.like(error, { syscall: 'open', path })
    }
    t.is(await readFile(join(folder, 'old'), 'utf8'), 'old')
  })

  test(`${engine.kind}: a size no disk has is the system's error and leaves no file`, async t => {
    const folder = await temporaryFolder(t)
    const path = join(folder, 'huge')
    const error = await t.throwsAsync<NodeJS.ErrnoException>(
      engine.openPartWriter(path, { size: Number.MAX_SAFE_INTEGER }),
    )
    if (process.platform === 'linux') t.like(error, { code: 'ENOSPC', path })
    t.deepEqual(await readdir(folder), [])
  })

  test(`${engine.kind}: nothing is written past the size`, async t => {
    const path = join(await temporaryFolder(t), 'file')
    const writer = await engine.openPartWriter(path, { size: 10 })
    const chunks = [Buffer.alloc(3, 1), Buffer.alloc(3, 1)]
    t.like(await t.throwsAsync(writer.write(5, chunks), { instanceOf: ParamInvalidError }), { field: 'chunks' })
    t.like(await t.throwsAsync(writer.write(11, []), { instanceOf: ParamInvalidError }), { field: 'chunks' })
    await writer.write(4, chunks)
    await writer.finish()
    t.is((await readFile(path)).toString('hex'), '00000000010101010101')
  })

  test(`${engine.kind}: aborting rejects with the signal's reason and leaves the file usable`, async t => {
    const path = join(await temporaryFolder(t), 'file')
    const writer = await engine.openPartWriter(path, { size: 4_000_000 })
    const controller = new AbortController()
    const writes = Array.from({ length: 10 }, () => writer.write(0, [noise(4_000_000)], { signal: controller.signal }))
    controller.abort('enough')
    for (const outcome of await Promise.allSettled(writes)) t.like(outcome, { status: 'rejected', reason: 'enough' })
    await writer.write(0, [Buffer.from('still alive')])
    await writer.finish()
    t.is((await readFile(path)).toString('utf8', 0, 11), 'still alive')
  })

  test(`${engine.kind}: finishing waits for writes and ends the writing`, async t => {
    const path = join(await temporaryFolder(t), 'file')
    const content = noise(3_000_000)
    const writer = await engine.openPartWriter(path, { size: content.length })
    const write = writer.write(0, cut(content, []))
    await writer.finish()
    await write
    t.true((await readFile(path)).equals(content))
    await writer.discard()
    await t.throwsAsync(writer.write(0, []), { code: 'EBADF' })
    await t.throwsAsync(writer.finish(), { code: 'EBADF' })
  })

  test(`${engine.kind}: discarding may be repeated, and excludes finishing`, async t => {
    const path = join(await temporaryFolder(t), 'file')
    const writer = await engine.openPartWriter(path, { size: 1_000_000 })
    const write = writer.write(0, [noise(1_000_000)])
    await Promise.all([writer.discard(), writer.discard(), write])
    await writer.discard()
    await t.throwsAsync(writer.finish(), { code: 'EBADF' })
  })

  test(`${engine.kind}: wrong writing arguments are refused by name`, async t => {
    const folder = await temporaryFolder(t)
    const writer = await engine.openPartWriter(join(folder, 'file'), { size: 10 })
    const resizable = new Uint8Array(Reflect.construct(ArrayBuffer, [4, { maxByteLength: 8 }]))
    const cases: [string, () => Promise<unknown>][] = [
      ['path', () => engine.openPartWriter(undefined as never, { size: 1 })],
      ['size', () => engine.openPartWriter(join(folder, 'x'), undefined as never)],
      ['size', () => engine.openPartWriter(join(folder, 'x'), { size: -1 })],
      ['size', () => engine.openPartWriter(join(folder, 'x'), { size: 1n as never })],
      ['offset', () => writer.write(-1, [])],
      ['chunks', () => writer.write(0, Buffer.alloc(1) as never)],
      ['chunks[1]', () => writer.write(0, [Buffer.alloc(1), 'text' as never])],
      ['chunks[0]', () => writer.write(0, [resizable])],
      ['crc64', () => writer.write(0, [], { crc64: 'yes' as never })],
      ['signal', () => writer.write(0, [], { signal: 7 as never })],
      ['cipher.key', () => writer.write(0, [], { cipher: { ...cipher, key: undefined as never } })],
    ]
    for (const [field, call] of cases) {
      t.like(await t.throwsAsync(call, { instanceOf: ParamInvalidError }), { field })
    }
    await writer.discard()
  })
}
