import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import {
  type ClientOptions,
  FileError,
  type FileReport,
  InconsistentError,
  ParamInvalidError,
  TransferControl,
} from 'ferross'
import { fallbackEngine } from '#src/native/fallback.js'
import { getEngine } from '#src/native/index.js'
import { withFolder, withServer } from '../helpers/with-server.js'
import { noise } from '../native/engines.js'

const bucket = 'examplebucket'
const windows = process.platform === 'win32'

async function prepare(t: ExecutionContext, options: ClientOptions = {}) {
  const found = await withServer(t, options)
  await found.client.putBucket({ bucket })
  const reports: FileReport[] = []
  const onFile = (report: FileReport) => void reports.push(report)
  const failed = () => reports.filter(({ status }) => status === 'failed')
  return { ...found, folder: withFolder(t), reports, onFile, failed }
}

/** Lets small files be handled by the fallback, where the addon is in use. */
function withoutAddon(t: ExecutionContext): void {
  const engine = getEngine()
  const { readSmallFile, openFolder } = engine
  t.teardown(() => Object.assign(engine, { readSmallFile, openFolder }))
  Object.assign(engine, { readSmallFile: fallbackEngine.readSmallFile, openFolder: fallbackEngine.openFolder })
}

/** Runs the steps with the engine that is in use, and with the fallback: one after the other, since there is one engine. */
function onBoth(title: string, steps: (t: ExecutionContext) => Promise<void>, links = false): void {
  const run = links && windows ? test.skip : test.serial
  run(title, steps)
  run(`${title}, without the addon`, async t => {
    withoutAddon(t)
    await steps(t)
  })
}

onBoth('files around the limit for small ones go up and come down as they were', async t => {
  const { client, folder, server } = await prepare(t)
  const lengths = [0, 1, 4096, 65_535, 65_536, 65_537, 200_000]
  mkdirSync(join(folder, 'up/deep'), { recursive: true })
  for (const length of lengths) writeFileSync(join(folder, 'up/deep', `${length}`), noise(length))
  const progress: number[] = []
  const onProgress = (increment: number) => void progress.push(increment)
  const all = lengths.reduce((sum, length) => sum + length, 0)
  const up = await client.uploadDirectory({ bucket, storageClass: 'IA' }, join(folder, 'up'), { onProgress })
  t.deepEqual([up.transferred, up.bytes], [lengths.length, all])
  t.deepEqual(
    [...progress].sort((a, b) => a - b),
    lengths.slice(1),
  )
  t.is((await client.headObject({ bucket, key: 'deep/4096' })).storageClass, 'IA')
  server.requests.clear()
  const down = await client.downloadDirectory({ bucket }, join(folder, 'down'))
  t.deepEqual([down.transferred, down.bytes], [lengths.length, all])
  t.is(server.requests.count('GetObject'), lengths.length - 1)
  for (const length of lengths) {
    const path = join(folder, 'down/deep', `${length}`)
    t.true(readFileSync(path).equals(noise(length)), `${length}`)
    const { contents } = await client.listObjectsV2({ bucket, prefix: `deep/${length}` })
    const lastModified = contents?.find(({ key }) => key === `deep/${length}`)?.lastModified as Date
    t.is(Math.round(statSync(path).mtimeMs), lastModified.getTime(), `${length}`)
  }
  t.is(readdirSync(join(folder, 'down/deep')).length, lengths.length, 'no temporary file is left')
  // Again, over what is there.
  for (const length of lengths) writeFileSync(join(folder, 'down/deep', `${length}`), 'old')
  t.is((await client.downloadDirectory({ bucket }, join(folder, 'down'))).transferred, lengths.length)
  for (const length of lengths) t.true(readFileSync(join(folder, 'down/deep', `${length}`)).equals(noise(length)))
})

onBoth('an answer that breaks off is asked for again, bytes that are damaged are a failure', async t => {
  const { client, folder, server, onFile, failed } = await prepare(t)
  for (const key of ['broken', 'damaged', 'fine']) await client.putObject({ bucket, key, body: noise(4096) })
  server.faults.add({ operation: 'GetObject', key: 'broken', nth: 1, cutResponseAfterBytes: 1000 })
  server.faults.add({ operation: 'GetObject', key: 'damaged', count: 100, corruptResponseByte: 5 })
  const target = join(folder, 'down')
  const { transferred } = await client.downloadDirectory({ bucket }, target, { onFailure: 'continue', onFile })
  t.is(transferred, 2)
  t.deepEqual(
    failed().map(({ key }) => key),
    ['damaged'],
  )
  t.true(failed()[0]?.error instanceof InconsistentError)
  t.deepEqual(readdirSync(target), ['broken', 'fine'])
  t.true(readFileSync(join(target, 'broken')).equals(noise(4096)))
})

onBoth(
  'a folder that is replaced by a link during the run gets nothing that would land outside',
  async t => {
    const { client, folder, failed, reports, onFile } = await prepare(t)
    const [target, outside] = [join(folder, 'target'), join(folder, 'outside')]
    mkdirSync(outside)
    for (const key of ['a/1', 'a/2', 'a/3', 'b/1']) await client.putObject({ bucket, key, body: key })
    const swap = (report: FileReport) => {
      onFile(report)
      if (report.key !== 'a/1') return
      renameSync(join(target, 'a'), join(target, 'was'))
      symlinkSync(outside, join(target, 'a'))
    }
    const options = { parallelFiles: 1, onFailure: 'continue', onFile: swap } as const
    const { transferred } = await client.downloadDirectory({ bucket }, target, options)
    t.is(transferred, 2)
    t.deepEqual(
      failed().map(({ key }) => key),
      ['a/2', 'a/3'],
    )
    for (const { error } of failed()) t.true(error instanceof ParamInvalidError)
    t.deepEqual(readdirSync(outside), [])
    t.deepEqual(readdirSync(join(target, 'was')), ['1'])
    t.is(reports.length, 4)
  },
  true,
)

onBoth(
  'a folder that is replaced by a link to another folder of the target is followed, one that is gone is an error',
  async t => {
    const { client, folder, failed, onFile } = await prepare(t)
    const target = join(folder, 'target')
    mkdirSync(join(target, 'other'), { recursive: true })
    for (const key of ['a/1', 'a/2', 'b/1', 'b/2', 'c/1']) await client.putObject({ bucket, key, body: key })
    const swap = (report: FileReport) => {
      onFile(report)
      if (report.key === 'a/1') {
        rmSync(join(target, 'a'), { recursive: true })
        symlinkSync('other', join(target, 'a'))
      } else if (report.key === 'b/1') rmSync(join(target, 'b'), { recursive: true })
    }
    const options = { parallelFiles: 1, onFailure: 'continue', onFile: swap } as const
    t.is((await client.downloadDirectory({ bucket }, target, options)).transferred, 4)
    t.deepEqual(readdirSync(join(target, 'other')), ['2'])
    const [report] = failed()
    t.is(report?.key, 'b/2')
    t.true(report?.error instanceof FileError && report.error.systemCode === 'ENOENT')
    t.true(existsSync(join(target, 'c/1')))
  },
  true,
)

test('more folders than are held open at a time get their files', async t => {
  const { client, folder } = await prepare(t)
  const keys = Array.from({ length: 300 }, (_, index) => `f${index % 150}/${index}`)
  for (const key of keys) await client.putObject({ bucket, key, body: key })
  const target = join(folder, 'target')
  t.is((await client.downloadDirectory({ bucket }, target, { parallelFiles: 100 })).transferred, keys.length)
  for (const key of keys) t.is(readFileSync(join(target, key), 'utf8'), key)
})

test('a paused transfer of a folder goes on when it may', async t => {
  const { client, folder } = await prepare(t)
  const control = new TransferControl()
  mkdirSync(join(folder, 'up'))
  for (const name of ['a', 'b']) writeFileSync(join(folder, 'up', name), name)
  control.pause()
  const up = client.uploadDirectory({ bucket }, join(folder, 'up'), { uploader: { control } })
  await client.listObjectsV2({ bucket })
  t.is((await client.listObjectsV2({ bucket })).contents, undefined)
  control.resume()
  t.is((await up).transferred, 2)
  control.pause()
  const down = client.downloadDirectory({ bucket }, join(folder, 'down'), { downloader: { control } })
  await client.listObjectsV2({ bucket })
  t.deepEqual(readdirSync(folder).includes('down') ? readdirSync(join(folder, 'down')) : [], [])
  control.resume()
  t.is((await down).transferred, 2)
})

test('a folder moves in a client that has hardly any memory for parts', async t => {
  const { client, folder } = await prepare(t, { memoryLimit: 1024 * 1024 })
  mkdirSync(join(folder, 'up'))
  for (let index = 0; index < 40; index++) writeFileSync(join(folder, 'up', `${index}`), noise(3000 + index))
  t.is((await client.uploadDirectory({ bucket }, join(folder, 'up'), { parallelFiles: 40 })).transferred, 40)
  const down = await client.downloadDirectory({ bucket }, join(folder, 'down'), { parallelFiles: 40 })
  t.is(down.transferred, 40)
  for (let index = 0; index < 40; index++)
    t.true(readFileSync(join(folder, 'down', `${index}`)).equals(noise(3000 + index)))
})
