import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import test, { type ExecutionContext } from 'ava'
import { engines, noise, temporaryFolder } from './engines.js'

const addonModule = new URL('../../../dist/native/addon.js', import.meta.url).href
const loadModule = new URL('../../../dist/native/load.js', import.meta.url).href
const fallbackModule = new URL('../../../dist/native/fallback.js', import.meta.url).href

/** The beginning of a program that has the engine of a kind. */
function prelude(kind: string): string {
  return kind === 'fallback'
    ? `const { fallbackEngine: engine } = await import(${JSON.stringify(fallbackModule)});`
    : `const { createAddonEngine } = await import(${JSON.stringify(addonModule)});
       const { loadAddon } = await import(${JSON.stringify(loadModule)});
       const engine = createAddonEngine(loadAddon().addon);`
}

async function file(t: ExecutionContext, size: number): Promise<string> {
  const path = join(await temporaryFolder(t), 'file')
  await writeFile(path, noise(size))
  return path
}

function start(kind: string, path: string, program: string): Worker {
  const source = `
    const { parentPort } = require('node:worker_threads');
    (async () => { ${prelude(kind)} const path = ${JSON.stringify(path)}; ${program} })()`
  return new Worker(source, { eval: true })
}

for (const engine of engines) {
  test(`${engine.kind}: workers read at the same time as the main thread`, async t => {
    const path = await file(t, 2_000_000)
    const expected = engine.crc64(noise(2_000_000))
    const answers = Array.from({ length: 4 }, async () => {
      const worker = start(
        engine.kind,
        path,
        `const reader = await engine.openPartReader(path)
         const parts = await Promise.all(Array.from({ length: 8 }, () => reader.read(0, 2_000_000)))
         await reader.close()
         parentPort.postMessage(parts.map(part => part.crc64Plain))`,
      )
      const [[message], [exitCode]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')])
      return { message, exitCode }
    })
    const reader = await engine.openPartReader(path)
    t.is((await reader.read(0, 2_000_000)).crc64Plain, expected)
    await reader.close()
    for (const answer of await Promise.all(answers))
      t.deepEqual(answer, { message: Array(8).fill(expected), exitCode: 0 })
  })

  test(`${engine.kind}: a worker may be terminated in the middle of reading and writing`, async t => {
    const path = await file(t, 8_000_000)
    for (let round = 0; round < 4; round++) {
      const worker = start(
        engine.kind,
        path,
        `const reader = await engine.openPartReader(path)
         const writer = await engine.openPartWriter(path + '.out${round}', { size: 8_000_000 })
         const cipher = { key: Buffer.alloc(32), iv: Buffer.alloc(16), offset: 0 }
         for (let i = 0; i < 30; i++) {
           reader.read(0, 8_000_000, { cipher })
           writer.write(0, [Buffer.alloc(8_000_000)], { cipher })
         }
         await new Promise(setImmediate)
         parentPort.postMessage('reading')
         for (;;) await reader.read(0, 8_000_000, { cipher })`,
      )
      await once(worker, 'message')
      t.is(await worker.terminate(), 1)
    }
    const reader = await engine.openPartReader(path)
    t.is((await reader.read(0, 100)).buffer.length, 100, 'the engine is none the worse')
    await reader.close()
  })

  test(`${engine.kind}: a process whose workers alone used the engine goes on after them`, async t => {
    const path = await file(t, 3_000_000)
    const worker = `(async () => { ${prelude(engine.kind)}
      const reader = await engine.openPartReader(${JSON.stringify(path)})
      for (let i = 0; i < 5; i++) reader.read(0, 3_000_000)
      await reader.read(0, 3_000_000) })()`
    const { stdout } = await run(`
      import { Worker } from 'node:worker_threads'
      import { once } from 'node:events'
      for (let i = 0; i < 3; i++) await once(new Worker(${JSON.stringify(worker)}, { eval: true }), 'exit')
      console.log('alive')`)
    t.is(stdout, 'alive\n')
  })

  test(`${engine.kind}: work in flight keeps the process alive, and an idle engine does not`, async t => {
    const path = await file(t, 3_000_000)
    const { stdout } = await run(`${prelude(engine.kind)}
      const reader = await engine.openPartReader(${JSON.stringify(path)})
      Promise.all([1, 2, 3].map(() => reader.read(0, 3_000_000))).then(parts => { console.log(parts.length); globalThis.reader = reader })`)
    t.is(stdout, '3\n')
  })

  test(`${engine.kind}: a process may exit in the middle of reading`, async t => {
    const path = await file(t, 8_000_000)
    const { stdout } = await run(`${prelude(engine.kind)}
      const reader = await engine.openPartReader(${JSON.stringify(path)})
      for (let i = 0; i < 30; i++) reader.read(0, 8_000_000)
      await reader.read(0, 1)
      console.log('leaving')
      process.exit(0)`)
    t.is(stdout, 'leaving\n')
  })
}

function run(program: string) {
  return promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
}

for (const { kind } of engines.filter(engine => engine.openWire !== undefined)) {
  test(`${kind}: a worker may be terminated while its wires wait, and lets go of them`, async t => {
    const wires = 8
    const ends: Promise<unknown>[] = []
    const silent = createServer((socket: Socket) => {
      socket.on('error', () => {}).resume()
      ends.push(once(socket, 'close'))
    }).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const worker = start(
      kind,
      '',
      `const { connect } = await import('node:net')
       const { once } = await import('node:events')
       for (let i = 0; i < ${wires}; i++) {
         const socket = connect(${(silent.address() as AddressInfo).port}, '127.0.0.1')
         socket.pause()
         await once(socket, 'connect')
         const wire = engine.openWire(socket._handle.fd)
         wire.exchange(Buffer.from('hello'), 0).catch(() => {})
       }
       parentPort.postMessage('waiting')`,
    )
    await once(worker, 'message')
    while (ends.length < wires) await once(silent, 'connection')
    await worker.terminate()
    t.is(ends.length, wires)
    await Promise.all(ends)
    silent.close()
  })
}
