import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { CheckpointError, crc64, type DownloaderOptions, InconsistentError } from 'ferross'
import { journalLine } from '#src/transfer/journal-format.js'
import { withFolder, withServer } from '../helpers/with-server.js'

const partSize = 100 * 1024
const source = { bucket: 'examplebucket', key: 'dir/resumed' }

async function prepare(t: ExecutionContext, parts = 8) {
  const { server, client } = await withServer(t)
  await client.putBucket({ bucket: source.bucket })
  const content = randomBytes(parts * partSize - 1000)
  await client.putObject({ ...source, body: content })
  const folder = withFolder(t)
  const path = join(folder, 'target.bin')
  const downloader = client.downloader({ partSize, parallelNum: 2, enableCheckpoint: true })
  /** Runs a download that fails once some parts are there. */
  const interrupt = async (after = 4, own: DownloaderOptions = {}) => {
    const fault = server.faults.add({
      operation: 'GetObject',
      nth: after + 1,
      status: 403,
      code: 'AccessDenied',
      count: 9,
    })
    // One part at a time: none is in flight that the server would log later.
    const options = { ...own, parallelNum: 1 }
    await t.throwsAsync(downloader.downloadFile(source, path, options), { code: 'AccessDenied' })
    fault.remove()
    server.requests.clear()
  }
  const journal = () => join(folder, readdirSync(folder).find(name => name.endsWith('.ferross-journal'))!)
  const arrived = (expected = content) => {
    t.true(readFileSync(path).equals(expected))
    t.deepEqual(readdirSync(folder), ['target.bin'])
  }
  const fetched = () => server.requests.count('GetObject')
  return {
    server,
    client,
    content,
    folder,
    path,
    part: `${path}.ferross-part`,
    downloader,
    interrupt,
    journal,
    arrived,
    fetched,
  }
}

test('a download goes on where it ended, and cleans up', async t => {
  const { path, content, downloader, interrupt, arrived, fetched } = await prepare(t)
  writeFileSync(path, 'old')
  await interrupt(4)
  t.is(readFileSync(path, 'utf8'), 'old')
  let [first, sum] = [0, 0]
  const onProgress = (increment: number) => {
    first ||= increment
    sum += increment
  }
  const result = await downloader.downloadFile(source, path, { onProgress })
  t.is(result.written, content.length)
  t.is(fetched(), 4)
  t.is(first, 4 * partSize)
  t.is(sum, content.length)
  arrived()
})

test('without a temporary file, a target that is there already is overwritten', async t => {
  const { path, downloader, arrived } = await prepare(t)
  writeFileSync(path, randomBytes(20 * partSize))
  await downloader.downloadFile(source, path, { useTempFile: false })
  arrived()
})

for (const useTempFile of [true, false]) {
  test(`going on works ${useTempFile ? 'with' : 'without'} a temporary file, in a folder for journals`, async t => {
    const { path, folder, downloader, interrupt, fetched, content } = await prepare(t)
    const options = { useTempFile, checkpointDir: join(folder, 'journals') }
    await interrupt(4, options)
    t.is(existsSync(path), !useTempFile)
    await downloader.downloadFile(source, path, options)
    t.is(fetched(), 4)
    t.true(readFileSync(path).equals(content))
    t.deepEqual(readdirSync(join(folder, 'journals')), [])
  })
}

test('a range goes on as well, and is not mixed up with another', async t => {
  const { path, content, folder, downloader, interrupt, fetched } = await prepare(t)
  await interrupt(4)
  await downloader.downloadFile({ ...source, rangeHeader: 'bytes=100-' }, path)
  t.is(fetched(), 8)
  t.true(readFileSync(path).equals(content.subarray(100)))
  t.deepEqual(readdirSync(folder), ['target.bin'])
})

test('an object that changed begins anew', async t => {
  const { client, path, content, downloader, interrupt, arrived, fetched } = await prepare(t)
  await interrupt(4)
  content[5]! ^= 1
  await client.putObject({ ...source, body: content })
  await downloader.downloadFile(source, path)
  t.is(fetched(), 8)
  arrived()
})

test('another part size begins anew', async t => {
  const { path, downloader, interrupt, arrived, fetched } = await prepare(t)
  await interrupt(4)
  await downloader.downloadFile(source, path, { partSize: 2 * partSize })
  t.is(fetched(), 4)
  arrived()
})

test('damaged bytes of an earlier run are found: at once with verifyData, else at the end, and never twice', async t => {
  const { path, part, downloader, interrupt, arrived, fetched, journal, folder } = await prepare(t)
  const damage = () => {
    const bytes = readFileSync(part)
    const written = bytes.findIndex(byte => byte !== 0)
    bytes[written + 1]! ^= 1
    // In place: the file stays the one that the journal is about.
    writeFileSync(part, bytes, { flag: 'r+' })
  }
  await interrupt(4)
  damage()
  await downloader.downloadFile(source, path, { verifyData: true })
  t.is(fetched(), 5)
  arrived()

  await interrupt(4)
  const name = journal()
  const [head, ...records] = readFileSync(name, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line.slice(17)))
  damage()
  // The machine was started anew since then: the bytes are looked at without being told to.
  const first = journalLine({ ...head, boot: 'another' })
  writeFileSync(name, first.line + records.map(record => journalLine(record, first.crc64).line).join(''))
  await downloader.downloadFile(source, path)
  arrived()

  await interrupt(4)
  const now = journal()
  const lines = readFileSync(now, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line.slice(17)))
  const again = journalLine(lines[0])
  const wrong = lines.slice(1).map(record => journalLine({ ...record, crc64: '12345' }, again.crc64).line)
  writeFileSync(now, again.line + wrong.join(''))
  await t.throwsAsync(downloader.downloadFile(source, path), { instanceOf: InconsistentError })
  t.deepEqual(readdirSync(folder), ['target.bin'], 'what is known to be wrong is not kept')
  await downloader.downloadFile(source, path)
  arrived()
})

test('a temporary file that is another one, or gone, or of another length is not trusted', async t => {
  const { path, part, content, downloader, interrupt, fetched } = await prepare(t)
  const changes = [
    () => renameSync(part, `${part}.away`),
    () => {
      const bytes = readFileSync(part)
      renameSync(part, `${part}.away`)
      writeFileSync(part, bytes)
    },
    () => truncateSync(part, statSync(part).size - 1),
  ]
  for (const change of changes) {
    await interrupt(4)
    change()
    await downloader.downloadFile(source, path)
    t.is(fetched(), 8)
    if (existsSync(`${part}.away`)) truncateSync(`${part}.away`, 0)
  }
  t.true(readFileSync(path).equals(content))
})

test('a journal cut anywhere, or damaged, leads to the right file', async t => {
  const { path, downloader, interrupt, arrived, journal } = await prepare(t, 4)
  for (const cut of [0, 1, 17, 100, -60, -1]) {
    await interrupt(2)
    const name = journal()
    const { size } = statSync(name)
    truncateSync(name, cut >= 0 ? Math.min(cut, size) : Math.max(size + cut, 0))
    await downloader.downloadFile(source, path)
    arrived()
  }
  await interrupt(2)
  writeFileSync(journal(), randomBytes(500))
  await downloader.downloadFile(source, path)
  arrived()
})

test('a process that ended between renaming and clean-up fetches nothing again', async t => {
  const { path, part, content, downloader, interrupt, arrived, journal, fetched } = await prepare(t)
  await interrupt(4)
  const name = journal()
  let kept = Buffer.alloc(0)
  await downloader.downloadFile(source, path, {
    onProgress: (_, transferred) => {
      if (transferred === content.length) kept = readFileSync(name)
    },
  })
  t.false(existsSync(part))
  // The record of the last part is written after its bytes were reported: the process wrote it before it ended.
  const first = journalLine(JSON.parse(kept.toString().split('\n')[0]!.slice(17)))
  const lines = [...Array(8).keys()].map(index => {
    const bytes = content.subarray(index * partSize, (index + 1) * partSize)
    return journalLine({ part: index + 1, crc64: crc64(bytes).toString() }, first.crc64).line
  })
  writeFileSync(name, first.line + lines.join(''))
  const before = fetched()
  await downloader.downloadFile(source, path)
  t.is(fetched(), before)
  arrived()
})

test('an empty object needs no going on', async t => {
  const { client, path, downloader, arrived } = await prepare(t)
  await client.putObject({ ...source, body: '' })
  await downloader.downloadFile(source, path)
  arrived(Buffer.alloc(0))
})

test('a journal that cannot be written is a CheckpointError, and leaves nothing', async t => {
  const { path, folder, downloader, fetched } = await prepare(t)
  writeFileSync(join(folder, 'file'), '')
  await t.throwsAsync(downloader.downloadFile(source, path, { checkpointDir: join(folder, 'file') }), {
    instanceOf: CheckpointError,
  })
  t.is(fetched(), 0)
  t.deepEqual(readdirSync(folder), ['file'])
})
