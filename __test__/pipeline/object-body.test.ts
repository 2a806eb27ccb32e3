import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import test from 'ava'
import { InconsistentError } from 'ferross'
import { ObjectBody } from '#src/pipeline/object-body.js'
import { openFilesBelow } from '../faults/world.js'
import { withFolder } from '../helpers/with-server.js'

test('a body that fails has let go of its file, and removed it, when it says so', async t => {
  const folder = withFolder(t)
  for (let round = 0; round < 20; round++) {
    const source = Readable.from([Buffer.alloc(100_000)])
    const body = new ObjectBody(source, { operation: 'GetObject', expectedCrc64: '1' })
    await t.throwsAsync(body.pipeToFile(join(folder, 'target')), { instanceOf: InconsistentError })
    t.deepEqual(openFilesBelow(folder), [])
    t.deepEqual(readdirSync(folder), [])
  }
})

test('a body that breaks off before its file is open leaves no file', async t => {
  const folder = withFolder(t)
  const source = new Readable({ read() {} })
  const written = new ObjectBody(source, { operation: 'GetObject' }).pipeToFile(join(folder, 'target'))
  source.destroy(new Error('enough'))
  await t.throwsAsync(written)
  t.deepEqual(openFilesBelow(folder), [])
  t.deepEqual(readdirSync(folder), [])
})
