import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { engines } from './engines.js'

interface Reference {
  crc64(data: Uint8Array, previous: bigint): bigint
  aesCtr(key: Uint8Array, counterBlock: Uint8Array, data: Uint8Array): void
}

const folder = resolve('native/reference')
const built = join(folder, 'build/Release/reference.node')

/** Builds the C++ reference where the headers of Node.js lie beside it; nothing is downloaded. */
function loadReference(): Reference | string {
  const nodedir = dirname(dirname(process.execPath))
  if (!existsSync(built)) {
    if (!existsSync(join(nodedir, 'include/node/node_api.h'))) return 'the headers of Node.js are not here'
    const gyp = resolve('node_modules/node-gyp/bin/node-gyp.js')
    const { status } = spawnSync(process.execPath, [gyp, 'rebuild', '--directory', folder, `--nodedir=${nodedir}`], {
      stdio: 'ignore',
    })
    if (status !== 0) return 'it does not compile here'
  }
  return createRequire(import.meta.url)(built) as Reference
}

const reference = loadReference()
const withReference = typeof reference === 'string' ? test.skip : test
if (typeof reference === 'string') console.log(`The C++ reference is not compared: ${reference}`)

for (const engine of engines) {
  withReference(`${engine.kind}: CRC-64 is that of the C++ reference`, t => {
    const checksum = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn })
    const property = fc.property(fc.uint8Array({ maxLength: 5000 }), checksum, (data, previous) => {
      t.is(engine.crc64(data, previous), (reference as Reference).crc64(data, previous))
    })
    fc.assert(property)
  })

  withReference(`${engine.kind}: AES-256-CTR is that of OpenSSL`, t => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
    const property = fc.property(bytes(32), bytes(16), fc.uint8Array({ maxLength: 5000 }), (key, iv, data) => {
      const ours = Uint8Array.from(data)
      engine.aesCtr({ key, iv, offset: 0 }).apply(ours)
      const theirs = Uint8Array.from(data)
      ;(reference as Reference).aesCtr(key, iv, theirs)
      t.deepEqual(ours, theirs)
    })
    fc.assert(property)
  })
}
