import test from 'ava'
import fc from 'fast-check'
import { ParamInvalidError } from '#src/errors.js'
import { PartBufferPool } from '#src/native/buffer-pool.js'

const KiB = 1024

test('a buffer has exactly the size asked for', t => {
  const pool = new PartBufferPool()
  fc.assert(fc.property(fc.nat(3_000_000), size => t.is(pool.acquire(size).length, size)))
})

test('a released buffer, or a view of it, is lent again for a size like it', t => {
  const pool = new PartBufferPool()
  const first = pool.acquire(1000 * KiB)
  pool.release(first.subarray(0, 10))
  t.is(pool.idleBytes, 1024 * KiB)
  const second = pool.acquire(990 * KiB)
  t.is(second.buffer, first.buffer)
  t.is(pool.idleBytes, 0)
  t.not(pool.acquire(990 * KiB).buffer, first.buffer)
})

test('a buffer released twice is lent once', t => {
  const pool = new PartBufferPool()
  const buffer = pool.acquire(8 * KiB)
  pool.release(buffer)
  pool.release(buffer)
  t.is(pool.idleBytes, 8 * KiB)
  t.not(pool.acquire(8 * KiB).buffer, pool.acquire(8 * KiB).buffer)
})

test('foreign and empty buffers are ignored', t => {
  const pool = new PartBufferPool()
  pool.release(Buffer.alloc(8 * KiB))
  pool.release(new PartBufferPool().acquire(8 * KiB))
  pool.release(pool.acquire(0))
  t.is(pool.idleBytes, 0)
})

test('idle memory stays below its limit, the size used longest ago going first', t => {
  const pool = new PartBufferPool(64 * KiB)
  const old = [pool.acquire(16 * KiB), pool.acquire(16 * KiB)]
  const recent = [pool.acquire(32 * KiB), pool.acquire(32 * KiB)]
  const huge = pool.acquire(128 * KiB)
  for (const buffer of [...old, ...recent, huge]) {
    pool.release(buffer)
    t.true(pool.idleBytes <= 64 * KiB)
  }
  t.is(pool.idleBytes, 64 * KiB)
  const [again, fresh] = [pool.acquire(32 * KiB), pool.acquire(16 * KiB)]
  t.true(recent.some(buffer => buffer.buffer === again.buffer))
  t.false(old.some(buffer => buffer.buffer === fresh.buffer))
})

test('a limit of 0 keeps nothing', t => {
  const pool = new PartBufferPool(0)
  pool.release(pool.acquire(8 * KiB))
  t.is(pool.idleBytes, 0)
})

test('a buffer stays where native threads write to it when someone tries to transfer it', t => {
  const buffer = new PartBufferPool().acquire(8 * KiB)
  try {
    structuredClone(buffer.buffer, { transfer: [buffer.buffer as ArrayBuffer] })
  } catch {
    // Newer versions of Node refuse; older ones make a copy.
  }
  t.is(buffer.length, 8 * KiB)
})

test('impossible sizes are refused by name', t => {
  for (const size of [-1, 0.5, Number.NaN, 2 ** 53, '1' as never]) {
    t.like(
      t.throws(() => new PartBufferPool().acquire(size), { instanceOf: ParamInvalidError }),
      { field: 'size' },
    )
  }
  t.like(
    t.throws(() => new PartBufferPool(-1), { instanceOf: ParamInvalidError }),
    { field: 'idleLimit' },
  )
})
