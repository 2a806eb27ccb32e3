import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { CheckpointError } from 'ferross'
import { withFolder, withServer } from '../helpers/with-server.js'

// Threat: others may write to the folder of checkpoints (a shared temporary folder), or read what is left there.

const name = { bucket: 'bucket', key: 'k' }
const partSize = 102_400
const posix = process.platform === 'win32' ? test.skip : test

/** An upload that stopped half-way, and its journal in a folder of its own. */
async function interrupted(t: ExecutionContext, checkpointDir = join(withFolder(t), 'checkpoints')) {
  const { client, server } = await withServer(t)
  await client.putBucket({ bucket: 'bucket' })
  const path = join(withFolder(t), 'file')
  const plain = Buffer.alloc(5 * partSize, 'content ')
  writeFileSync(path, plain)
  const uploader = client.uploader({ partSize, parallelNum: 1, enableCheckpoint: true, checkpointDir })
  server.faults.add({ operation: 'UploadPart', partNumber: 4, status: 403, code: 'AccessDenied' })
  await t.throwsAsync(uploader.uploadFile(name, path), { code: 'AccessDenied' })
  const [journal = ''] = readdirSync(checkpointDir)
  /** Uploads again and tells how many bytes an earlier run had sent. */
  const again = async () => {
    let first = 0
    const onProgress = (_: number, transferred: number) => {
      first ||= transferred
    }
    await uploader.uploadFile(name, path, { onProgress })
    t.true((await (await client.getObject(name)).body!.bytes()).equals(plain))
    return first
  }
  return { client, server, checkpointDir, journal: join(checkpointDir, journal), uploader, path, plain, again }
}

posix('journals, and folders that are made for them, are for their owner only', async t => {
  const { checkpointDir, journal, again } = await interrupted(t)
  t.is(statSync(journal).mode & 0o777, 0o600)
  t.is(statSync(checkpointDir).mode & 0o777, 0o700)
  t.true((await again()) >= 3 * partSize, 'it goes on')
  t.deepEqual(readdirSync(checkpointDir), [])
})

posix('a link where the journal is to be made is replaced, and what it leads to stays as it is', async t => {
  const { checkpointDir, journal, again } = await interrupted(t)
  const victim = join(withFolder(t), 'victim')
  writeFileSync(victim, 'precious', { mode: 0o644 })
  symlinkSync(victim, `${journal}.new`)
  await again()
  t.is(readFileSync(victim, 'utf8'), 'precious')
  t.deepEqual(readdirSync(checkpointDir), [])
})

posix('a journal that is reached through a link is not believed', async t => {
  const { checkpointDir, journal, again } = await interrupted(t)
  const elsewhere = join(withFolder(t), 'copy')
  writeFileSync(elsewhere, readFileSync(journal))
  unlinkSync(journal)
  symlinkSync(elsewhere, journal)
  t.is(await again(), partSize, 'the upload began anew')
  t.true(existsSync(elsewhere))
  t.deepEqual(readdirSync(checkpointDir), [])
})

posix('a journal that somebody else wrote into a shared folder is not believed', async t => {
  if (process.getuid?.() !== 0) {
    t.log('skipped: only root can give a file to somebody else')
    t.pass()
    return
  }
  const { checkpointDir, journal, again } = await interrupted(t)
  chmodSync(checkpointDir, 0o1777)
  chownSync(journal, 12_345, 12_345)
  t.is(await again(), partSize, 'the upload began anew')
})

test('something in the place of a journal that is none fails with a CheckpointError or is replaced', async t => {
  const { journal, uploader, path, checkpointDir, again } = await interrupted(t)
  for (const content of ['', 'x', '{"uploadId":"x"}', `${'f'.repeat(16)} {}\n`]) {
    writeFileSync(journal, content)
    t.is(await again(), partSize)
  }
  mkdirSync(`${journal}.new`)
  await t.throwsAsync(uploader.uploadFile(name, path), { instanceOf: CheckpointError })
  t.deepEqual(readdirSync(checkpointDir).length, 1)
})

posix('a download through a checkpoint does not write through links that wait in its place', async t => {
  const { client } = await withServer(t)
  await client.putBucket({ bucket: 'bucket' })
  await client.putObject({ ...name, body: Buffer.alloc(3 * partSize, 1) })
  const folder = withFolder(t)
  const victim = join(withFolder(t), 'victim')
  writeFileSync(victim, 'precious')
  const path = join(folder, 'file')
  symlinkSync(victim, `${path}.ferross-part`)
  symlinkSync(victim, path)
  await client.downloader({ partSize, enableCheckpoint: true }).downloadFile(name, path)
  t.is(readFileSync(victim, 'utf8'), 'precious')
  t.is(readFileSync(path).length, 3 * partSize)
  t.deepEqual(readdirSync(folder), ['file'])
})
