// Micro-benchmarks of the addon: its kernels beside others of the same job, and what a call into it costs. Prints every target
// with what was measured. Run it alone: `node bench/kernels.mjs`. Figures are CPU time; rounds are interleaved, medians shown.
import { spawnSync } from 'node:child_process'
import { createCipheriv, randomFillSync } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { cpus, loadavg, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as zlib from 'node:zlib'
import { median } from './lib/statistics.mjs'
import { table } from './lib/table.mjs'

const bench = dirname(fileURLToPath(import.meta.url))
const dist = path => import(pathToFileURL(join(bench, '..', 'dist', path)))
const KIB = 1024
const MIB = 1024 ** 2
const GIB = 1024 ** 3

const { nativeStatus } = await dist('index.js')
const { getEngine } = await dist('native/index.js')
const { fallbackEngine } = await dist('native/fallback.js')
const { SignerV4 } = await dist('signing/v4.js')
const engine = getEngine()
const reference = loadReference()

function loadReference() {
  const path = join(bench, '..', 'native', 'reference', 'build', 'Release', 'reference.node')
  if (existsSync(path)) return createRequire(import.meta.url)(path)
  console.error('bench: without the C++ reference: run `npm run build:reference` to have it')
  return undefined
}

/** What the processor says it can do; nothing where the system does not tell. */
const abilities = existsSync('/proc/cpuinfo')
  ? new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1].trim().split(' '))
  : new Set()
const interesting = ['aes', 'pclmulqdq', 'avx2', 'vaes', 'vpclmulqdq', 'avx512f', 'pmull']

function cpu() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Seconds of CPU that `work` takes, over enough calls to last some 30 ms. */
function timed(work) {
  let calls = 1
  for (;;) {
    const before = cpu()
    for (let i = 0; i < calls; i++) work()
    const spent = cpu() - before
    if (spent > 0.03) return spent / calls
    calls = Math.ceil(calls * Math.min(10, Math.max(1.5, 0.04 / Math.max(spent, 0.001))))
  }
}

/** Median cost of each of the functions, which take turns. */
function compare(works, rounds = 7) {
  const costs = Object.fromEntries(Object.keys(works).map(name => [name, []]))
  for (const work of Object.values(works)) timed(work)
  for (let round = 0; round < rounds; round++)
    for (const [name, work] of Object.entries(works)) costs[name].push(timed(work))
  return Object.fromEntries(Object.entries(costs).map(([name, values]) => [name, median(values)]))
}

async function compareAsync(works, rounds = 5) {
  const costs = Object.fromEntries(Object.keys(works).map(name => [name, []]))
  for (let round = -1; round < rounds; round++)
    for (const [name, work] of Object.entries(works)) {
      const before = cpu()
      await work()
      if (round >= 0) costs[name].push(cpu() - before)
    }
  return Object.fromEntries(Object.entries(costs).map(([name, values]) => [name, median(values)]))
}

const verdicts = []
function target(what, measured, bound, digits = 2, suffix = '') {
  if (measured === undefined || Number.isNaN(measured)) return
  const [kind, limit] = bound
  const holds = kind === '≥' ? measured >= limit : measured <= limit
  verdicts.push([what, `${kind} ${limit}${suffix}`, `${measured.toFixed(digits)}${suffix}`, holds ? 'holds' : 'missed'])
}

const rate = (bytes, seconds) => (seconds === undefined ? '' : (bytes / GIB / seconds).toFixed(2))
const sizes = [4 * KIB, 64 * KIB, MIB, 8 * MIB]
const nameOf = size => (size < MIB ? `${size / KIB} KiB` : `${size / MIB} MiB`)

function checksums() {
  const results = sizes.map(size => {
    const data = randomFillSync(Buffer.allocUnsafeSlow(size))
    const copy = Buffer.allocUnsafeSlow(size)
    return compare({
      addon: () => engine.crc64(data),
      memcpy: () => copy.set(data),
      ...(zlib.crc32 && { 'zlib.crc32': () => zlib.crc32(data) }),
      ...(reference && { 'C++ reference': () => reference.crc64(data, 0n) }),
      fallback: () => fallbackEngine.crc64(data),
    })
  })
  const rows = Object.keys(results[0]).map(name => [name, ...sizes.map((size, i) => rate(size, results[i][name]))])
  console.log('\n### CRC-64, GiB/s of one thread\n')
  console.log(table(['', ...sizes.map(nameOf)], rows))
  const [, , megabyte, large] = results
  target('CRC-64, 1 MiB: speed ÷ memcpy', megabyte.memcpy / megabyte.addon, ['≥', 0.5])
  if (zlib.crc32) target('CRC-64, 1 MiB: speed ÷ zlib.crc32', megabyte['zlib.crc32'] / megabyte.addon, ['≥', 5])
  if (reference) target('CRC-64, 1 MiB: speed ÷ C++ reference', megabyte['C++ reference'] / megabyte.addon, ['≥', 1])
  target('CRC-64 of the fallback, 8 MiB', (8 * MIB) / large.fallback / MIB, ['≥', 800], 0, ' MiB/s')
}

function crates() {
  const floor = join(bench, '.cache', 'target', 'release', 'floor')
  const { status, stdout } = spawnSync(floor, ['workload=kernels'], { encoding: 'utf8' })
  if (status !== 0) return console.error('bench: without the comparison of crates: `npm run bench` builds it')
  const { own, crcFast, memcpy } = JSON.parse(stdout)
  console.log('\n### CRC-64 in Rust, 1 MiB, GiB/s of one thread\n')
  const rows = Object.entries({ 'own kernel': own, 'crc-fast': crcFast, memcpy }).map(([name, value]) => [
    name,
    value.toFixed(2),
  ])
  console.log(table(['', 'GiB/s'], rows))
  if (abilities.has('vpclmulqdq')) target('CRC-64, 1 MiB: speed ÷ crc-fast', own / crcFast, ['≥', 1.8])
}

function ciphers() {
  const key = randomFillSync(Buffer.alloc(32))
  const iv = randomFillSync(Buffer.alloc(16))
  const results = sizes.map(size => {
    const data = randomFillSync(Buffer.allocUnsafeSlow(size))
    const stream = engine.aesCtr({ key, iv, offset: 0 })
    const cipher = createCipheriv('aes-256-ctr', key, iv)
    return compare({
      'addon, in place': () => stream.apply(data),
      'node:crypto update': () => cipher.update(data),
      ...(reference && { 'C++ reference, in place': () => reference.aesCtr(key, iv, data) }),
    })
  })
  const rows = Object.keys(results[0]).map(name => [name, ...sizes.map((size, i) => rate(size, results[i][name]))])
  const [, , megabyte, large] = results
  console.log('\n### AES-256-CTR, GiB/s of one thread\n')
  console.log(table(['', ...sizes.map(nameOf)], rows))
  target('AES-256-CTR, 1 MiB: speed ÷ node:crypto', megabyte['node:crypto update'] / megabyte['addon, in place'], [
    '≥',
    1,
  ])
  if (reference) {
    const ratio = megabyte['C++ reference, in place'] / megabyte['addon, in place']
    target('AES-256-CTR, 1 MiB: speed ÷ C++ reference', ratio, ['≥', 1])
  }
  const openssl = opensslSpeed()
  if (openssl === undefined) return
  console.log(`\n\`openssl speed\`, 8 MiB: ${rate(openssl, 1)} GiB/s`)
  const speed = (8 * MIB) / large['addon, in place']
  const bound = abilities.has('vaes') ? 1.1 : 0.65
  target('AES-256-CTR, 8 MiB: speed ÷ openssl speed', speed / openssl, ['≥', bound])
}

/** Bytes per CPU second that the system's OpenSSL reaches. */
function opensslSpeed() {
  const args = ['speed', '-mr', '-evp', 'aes-256-ctr', '-bytes', String(8 * MIB), '-seconds', '1']
  const runs = Array.from({ length: 3 }, () => {
    const { stdout } = spawnSync('openssl', args, { encoding: 'utf8' })
    return Number(/^\+F:.*:([\d.]+)$/m.exec(stdout ?? '')?.[1])
  })
  return median(runs)
}

async function calls(folder) {
  const tiny = Buffer.alloc(64, 1)
  const signer = new SignerV4()
  const sign = () =>
    signer.sign({
      method: 'PUT',
      bucket: 'bench',
      key: 'folder/object',
      query: {},
      headers: { 'content-type': 'application/octet-stream', 'content-length': '4096', host: 'bench' },
      credentials: { accessKeyId: 'id', accessKeySecret: 'secret' },
      region: 'cn-hangzhou',
      product: 'oss',
      signingTime: new Date(),
      subResource: [],
      additionalHeaders: [],
    })
  const costs = compare({ crc64: () => engine.crc64(tiny), sign })
  const path = join(folder, 'tiny')
  writeFileSync(path, tiny)
  const reader = await engine.openPartReader(path)
  const file = await open(path)
  const target1 = Buffer.alloc(1)
  const operations = 20_000
  const lanes = work =>
    Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let i = 0; i < operations / 4; i++) await work()
      }),
    )
  const parts = await compareAsync({
    addon: () => lanes(async () => reader.release((await reader.read(0, 1)).buffer)),
    'fs.promises': () => lanes(() => file.read(target1, 0, 1, 0)),
  })
  await reader.close()
  await file.close()
  const micro = value => (value * 1e6).toFixed(2)
  console.log('\n### Calls, CPU µs each\n')
  console.log(
    table(
      ['', 'µs'],
      [
        ['crc64 of 64 bytes', micro(costs.crc64)],
        ['V4 signature', micro(costs.sign)],
        ['read of one byte, four in flight, addon', micro(parts.addon / operations)],
        ['read of one byte, four in flight, fs.promises', micro(parts['fs.promises'] / operations)],
      ],
    ),
  )
  target('crc64 of 64 bytes', costs.crc64 * 1e9, ['≤', 300], 0, ' ns')
  target('V4 signature', costs.sign * 1e6, ['≤', 15], 1, ' µs')
  target('part operation, four in flight', (parts.addon / operations) * 1e6, ['≤', 15], 1, ' µs')
}

async function files(folder) {
  const size = 512 * MIB
  const part = 8 * MIB
  const path = join(folder, 'file')
  const block = randomFillSync(Buffer.allocUnsafeSlow(part))
  const file = await open(path, 'wx')
  for (let offset = 0; offset < size; offset += part) await file.write(block, 0, part, offset)
  await file.close()
  const reader = await engine.openPartReader(path)
  const plain = await open(path)
  const cipher = offset => ({ key: block.subarray(0, 32), iv: block.subarray(32, 48), offset })
  const all = async (parallel, work) => {
    let next = 0
    const lane = async () => {
      for (let offset = next; offset < size; offset = next) {
        next = offset + part
        await work(offset)
      }
    }
    await Promise.all(Array.from({ length: parallel }, lane))
  }
  const through = options => () =>
    all(4, async offset => reader.release((await reader.read(offset, part, options(offset))).buffer))
  const pool = Array.from({ length: 4 }, () => Buffer.alloc(part))
  const costs = await compareAsync({
    'addon, read': through(() => ({ crc64: false })),
    'addon, read + CRC': through(() => ({})),
    'addon, read + CRC + AES': through(offset => ({ cipher: cipher(offset) })),
    'fs.promises, read': () =>
      all(4, async offset => {
        const buffer = pool.pop()
        await plain.read(buffer, 0, part, offset)
        pool.push(buffer)
      }),
  })
  console.log('\n### Reading a cached file, 8 MiB parts, four in flight\n')
  const rows = Object.entries(costs).map(([name, cost]) => [name, ((cost * GIB) / size).toFixed(3)])
  console.log(table(['', 'CPU s/GiB'], rows))
  target('read + CRC ÷ read', costs['addon, read + CRC'] / costs['addon, read'], ['≤', 1.25])
  target('read + CRC + AES ÷ read', costs['addon, read + CRC + AES'] / costs['addon, read'], ['≤', 2.2])

  const waits = []
  let reading = true
  const readers = all(8, async offset =>
    reader.release((await reader.read(offset, part, { cipher: cipher(offset) })).buffer),
  ).then(() => {
    reading = false
  })
  while (reading) {
    const started = performance.now()
    await lookup('localhost')
    waits.push(performance.now() - started)
  }
  await readers
  target('dns.lookup while eight parts are read, median', median(waits), ['≤', 1], 2, ' ms')
  await reader.close()
  await plain.close()
}

const offers = interesting.filter(name => abilities.has(name)).join(' ')
console.log(
  `${cpus()[0]?.model}; ${offers || 'abilities unknown'}; load ${loadavg()[0].toFixed(1)} on ${cpus().length}`,
)
console.log(nativeStatus().loaded ? 'engine: addon' : `engine: fallback (${nativeStatus().reason})`)
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'ferross-kernels-'))
try {
  checksums()
  crates()
  ciphers()
  await calls(folder)
  await files(folder)
  console.log('\n### Targets\n')
  console.log(table(['', 'hold', 'measured', ''], verdicts))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
