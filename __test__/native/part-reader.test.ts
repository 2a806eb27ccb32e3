import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { ParamInvalidError } from '#src/errors.js'
import { cipher, engines, noise, temporaryFolder } from './engines.js'

async function file(t: ExecutionContext, content: Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(t), 'file')
  await writeFile(path, content)
  return path
}

/** What the addon's threads are doing: `S` for sleeping. */
function states(): string[] {
  return readdirSync('/proc/self/task').flatMap(id => {
    try {
      return /\(ferross\) (\w)/.exec(readFileSync(`/proc/self/task/${id}/stat`, 'utf8'))?.[1] ?? []
    } catch {
      return [] // A thread that ended just now.
    }
  })
}

for (const engine of engines) {
  test(`${engine.kind}: any range comes back with its checksum, shorter at the end of the file`, async t => {
    const content = noise(1_300_000)
    const reader = await engine.openPartReader(await file(t, content))
    await fc.assert(
      fc.asyncProperty(fc.nat(1_400_000), fc.nat(1_000_000), async (offset, length) => {
        const { buffer, crc64Plain, crc64Sent } = await reader.read(offset, length)
        const expected = content.subarray(offset, offset + length)
        t.true(buffer.equals(expected))
        t.is(crc64Plain, engine.crc64(expected))
        t.is(crc64Sent, crc64Plain)
        reader.release(buffer)
      }),
      { numRuns: 40 },
    )
    await reader.close()
  })

  test(`${engine.kind}: encrypting while reading equals encrypting afterwards`, async t => {
    const content = noise(900_001)
    const reader = await engine.openPartReader(await file(t, content))
    for (const [offset, length] of [
      [0, 900_001],
      [17, 600_000],
      [899_990, 50],
    ]) {
      const spec = { ...cipher, offset }
      const plain = content.subarray(offset, offset + length)
      const encrypted = engine.aesCtr(spec).apply(Buffer.from(plain))
      const part = await reader.read(offset, length, { cipher: spec })
      t.true(part.buffer.equals(encrypted))
      t.is(part.crc64Plain, engine.crc64(plain))
      t.is(part.crc64Sent, engine.crc64(encrypted))
      const unchecked = await reader.read(offset, length, { cipher: spec, crc64: false })
      t.true(unchecked.buffer.equals(encrypted))
      t.is(unchecked.crc64Plain, 0n)
      t.is(unchecked.crc64Sent, 0n)
    }
    await reader.close()
  })

  test(`${engine.kind}: an empty file gives empty parts`, async t => {
    const reader = await engine.openPartReader(await file(t, Buffer.alloc(0)))
    t.is(reader.opened.size, 0)
    t.like(await reader.read(0, 100), { crc64Plain: 0n, crc64Sent: 0n, buffer: { length: 0 } })
    t.like(await reader.read(0, 0), { crc64Plain: 0n, buffer: { length: 0 } })
    await reader.close()
  })

  test(`${engine.kind}: length and change time are those of the file, then and now`, async t => {
    const path = await file(t, noise(100))
    const reader = await engine.openPartReader(path)
    const { size, mtimeMs } = await stat(path)
    t.deepEqual({ ...reader.opened }, { size, mtimeMs })
    await truncate(path, 50)
    t.is((await reader.stat()).size, 50)
    t.is(reader.opened.size, 100)
    await reader.close()
  })

  test(`${engine.kind}: a missing file and a directory give the system's error`, async t => {
    const folder = await temporaryFolder(t)
    await mkdir(join(folder, 'directory'))
    for (const [name, code] of [
      ['missing', 'ENOENT'],
      ['directory', 'EISDIR'],
    ]) {
      const path = join(folder, name)
      const error = await t.throwsAsync<NodeJS.ErrnoException>(engine.openPartReader(path), { code })
      t.like(error, { syscall: 'open', path })
      t.true(error.message.startsWith(`${code}: `))
      t.is(typeof error.errno, 'number')
    }
  })

  test(`${engine.kind}: aborting rejects with the signal's reason and leaves the file usable`, async t => {
    const content = noise(8_000_000)
    const reader = await engine.openPartReader(await file(t, content))
    const reason = new Error('enough')
    const controller = new AbortController()
    const reads = Array.from({ length: 20 }, (_, i) => reader.read(i, 7_000_000, { signal: controller.signal }))
    controller.abort(reason)
    for (const outcome of await Promise.allSettled(reads)) t.is((outcome as PromiseRejectedResult).reason, reason)
    t.is(await t.throwsAsync(reader.read(0, 1, { signal: controller.signal })), reason, 'aborted before it began')
    t.true((await reader.read(5, 100)).buffer.equals(content.subarray(5, 105)))
    await reader.close()
  })

  const threads = engine.kind === 'addon' && process.platform === 'linux' ? test : test.skip
  threads(`${engine.kind}: threads have nothing to do once reads were aborted`, async t => {
    const reader = await engine.openPartReader(await file(t, noise(8_000_000)))
    const controller = new AbortController()
    const reads = Array.from({ length: 40 }, (_, i) => reader.read(i, 7_000_000, { signal: controller.signal }))
    t.true(states().length > 0)
    controller.abort()
    await Promise.allSettled(reads)
    // Threads that went on with what nobody waits for would keep this from ending.
    while (states().some(state => state !== 'S')) await new Promise(resolve => setImmediate(resolve))
    await reader.close()
  })

  test(`${engine.kind}: one signal may stand over many reads`, async t => {
    const reader = await engine.openPartReader(await file(t, noise(1000)))
    const warnings: Error[] = []
    const note = (warning: Error) => warnings.push(warning)
    process.on('warning', note)
    const { signal } = new AbortController()
    await Promise.all(Array.from({ length: 50 }, () => reader.read(0, 1000, { signal })))
    await new Promise(resolve => setImmediate(resolve))
    process.off('warning', note)
    t.deepEqual(warnings, [])
    await reader.close()
  })

  test(`${engine.kind}: many reads at once do not mix`, async t => {
    const content = noise(2_000_000)
    const reader = await engine.openPartReader(await file(t, content))
    const offsets = Array.from({ length: 100 }, (_, i) => i * 19_000)
    const parts = await Promise.all(offsets.map(offset => reader.read(offset, 30_001)))
    for (const [i, { buffer, crc64Plain }] of parts.entries()) {
      const expected = content.subarray(offsets[i], offsets[i] + 30_001)
      t.true(buffer.equals(expected))
      t.is(crc64Plain, engine.crc64(expected))
    }
    t.is(new Set(parts.map(part => part.buffer.buffer)).size, 100, 'each has memory of its own')
    await reader.close()
  })

  test(`${engine.kind}: closing waits for reads, may be repeated, and ends the reading`, async t => {
    const content = noise(3_000_000)
    const reader = await engine.openPartReader(await file(t, content))
    const reads = [0, 1, 2].map(offset => reader.read(offset, 2_900_000))
    let settled = 0
    for (const read of reads) read.then(() => settled++)
    await Promise.all([reader.close(), reader.close()])
    t.is(settled, 3)
    await reader.close()
    await t.throwsAsync(reader.read(0, 1), { code: 'EBADF' })
    await t.throwsAsync(reader.stat(), { code: 'EBADF' })
  })

  test(`${engine.kind}: released memory is used again`, async t => {
    const reader = await engine.openPartReader(await file(t, noise(1000)))
    const { buffer } = await reader.read(0, 777_777)
    t.is(buffer.length, 1000)
    reader.release(buffer)
    const idle = engine.pool.idleBytes
    const again = engine.pool.acquire(777_777)
    t.true(engine.pool.idleBytes < idle)
    engine.pool.release(again)
    await reader.close()
  })

  test(`${engine.kind}: wrong reading arguments are refused by name`, async t => {
    const reader = await engine.openPartReader(await file(t, noise(10)))
    const cases: [string, () => Promise<unknown>][] = [
      ['path', () => engine.openPartReader('')],
      ['path', () => engine.openPartReader('a\0b')],
      ['path', () => engine.openPartReader(7 as never)],
      ['offset', () => reader.read(-1, 1)],
      ['offset', () => reader.read(0.5, 1)],
      ['offset', () => reader.read(2 ** 60, 1)],
      ['offset', () => reader.read('0' as never, 1)],
      ['length', () => reader.read(0, -1)],
      ['length', () => reader.read(0, Number.NaN)],
      ['length', () => reader.read(0, 2 ** 50)],
      ['crc64', () => reader.read(0, 1, { crc64: 1 as never })],
      ['signal', () => reader.read(0, 1, { signal: {} as never })],
      ['cipher', () => reader.read(0, 1, { cipher: 'key' as never })],
      ['cipher.key', () => reader.read(0, 1, { cipher: { ...cipher, key: Buffer.alloc(31) } })],
      ['cipher.iv', () => reader.read(0, 1, { cipher: { ...cipher, iv: Buffer.alloc(17) } })],
      ['cipher.offset', () => reader.read(0, 1, { cipher: { ...cipher, offset: -16 } })],
    ]
    for (const [field, call] of cases) {
      t.like(await t.throwsAsync(call, { instanceOf: ParamInvalidError }), { field })
    }
    await reader.close()
  })
}
