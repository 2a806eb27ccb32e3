import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { ParamInvalidError } from 'ferross'
import { getEngine } from '#src/native/index.js'
import { withFolder, withServer } from '../helpers/with-server.js'

test('bytes are on the disk before a file gets its name, unless nobody wants to wait for that', async t => {
  const { client } = await withServer(t)
  const source = { bucket: 'examplebucket', key: 'object' }
  await client.putBucket({ bucket: source.bucket })
  const content = randomBytes(300_000)
  await client.putObject({ ...source, body: content })
  const folder = withFolder(t)
  const ends: string[] = []
  const engine = getEngine()
  const open = engine.openPartWriter
  engine.openPartWriter = async (...args) => {
    const writer = await open.apply(engine, args)
    return {
      write: (...part) => writer.write(...part),
      finish: () => {
        ends.push('finish')
        return writer.finish()
      },
      discard: () => {
        ends.push('discard')
        return writer.discard()
      },
    }
  }
  t.teardown(() => {
    engine.openPartWriter = open
  })
  const options = { partSize: 102_400 }
  for (const [index, own] of [
    {},
    { fsync: true },
    { fsync: false },
    { fsync: false, enableCheckpoint: true },
  ].entries()) {
    const path = join(folder, `${index}`)
    await client.downloader(options).downloadFile(source, path, own)
    t.true(readFileSync(path).equals(content))
  }
  await client.downloadDirectory({ bucket: source.bucket }, join(folder, 'all'), { downloader: { fsync: false } })
  t.deepEqual(ends, ['finish', 'finish', 'discard', 'discard', 'discard'])
  const wrong = t.throws(() => client.downloader({ fsync: 'no' as never }), { instanceOf: ParamInvalidError })
  t.is(wrong?.field, 'fsync')
})
