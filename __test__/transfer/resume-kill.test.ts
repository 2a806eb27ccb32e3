import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { EncryptionClient } from 'ferross'
import { main } from '../encryption/support.js'
import { withFolder, withServer } from '../helpers/with-server.js'
import type { ChildTask } from './resume-child.js'

const partSize = 100 * 1024
const parts = 6
const bucket = 'examplebucket'
const child = fileURLToPath(new URL('./resume-child.js', import.meta.url))
/** Every so many events the process is killed; 1 takes minutes and tries them all. */
const stride = Number(process.env.FERROSS_KILL_STRIDE ?? 9)

async function prepare(t: ExecutionContext) {
  t.timeout(600_000)
  const { server, client } = await withServer(t)
  await client.putBucket({ bucket })
  const folder = withFolder(t)
  const content = randomBytes(parts * partSize - 777)
  /** Runs the other process; says whether it was killed. */
  const run = async (
    task: Pick<ChildTask, 'direction' | 'key' | 'path' | 'sourceKey' | 'killAt'>,
  ): Promise<boolean> => {
    const { endpoint, region, credentials } = server
    const { accessKeyId, accessKeySecret } = credentials
    const full: ChildTask = { endpoint, region, accessKeyId, accessKeySecret, bucket, partSize, ...task }
    const process_ = spawn(process.execPath, [child, JSON.stringify(full)], { stdio: ['ignore', 'ignore', 'inherit'] })
    const [code, signal] = (await once(process_, 'exit')) as [number | null, string | null]
    t.true(signal === 'SIGKILL' || code === 0, `${code} ${signal}`)
    return signal === 'SIGKILL'
  }
  return { server, client, folder, content, run }
}

test('an upload survives the death of its process at any moment', async t => {
  const { server, client, folder, content, run } = await prepare(t)
  const uploader = client.uploader({ partSize, parallelNum: 2, enableCheckpoint: true })
  let [points, spared] = [0, 0]
  for (let killAt = 1; ; killAt += stride) {
    const own = join(folder, `${killAt}`)
    mkdirSync(own)
    const path = join(own, 'source.bin')
    writeFileSync(path, content)
    const key = `key ${killAt}`
    if (!(await run({ direction: 'up', key, path, killAt }))) break
    points++
    const hasJournal = readdirSync(own).some(name => name.endsWith('.ferross-journal'))
    const { uploads = [] } = await client.listMultipartUploads({ bucket, prefix: key })
    // A completion that was in flight may take effect at any time from here on.
    const there = uploads.length === 0 ? 0 : await countParts(key, uploads[0]!.uploadId as string).catch(() => 0)
    const completed = await client.isObjectExist({ bucket, key })
    server.requests.clear()
    await uploader.uploadFile({ bucket, key }, path)
    const sent = [...server.requests].filter(
      entry => entry.operation === 'UploadPart' && entry.key === key && entry.status === 200,
    )
    if (completed) t.true(sent.length === 0 || !hasJournal, `${killAt}: nothing is sent twice`)
    else if (hasJournal) t.true(sent.length <= parts - there, `${killAt}: what has arrived is not sent again`)
    spared += hasJournal ? parts - sent.length : 0
    t.true((await (await client.getObject({ bucket, key })).body!.bytes()).equals(content), `${killAt}`)
    t.deepEqual(readdirSync(own), ['source.bin'], `${killAt}`)
    rmSync(own, { recursive: true })
  }
  t.true(spared > 0)
  t.log(`${points} kill points, ${spared} of ${points * parts} parts not sent again`)

  async function countParts(key: string, uploadId: string): Promise<number> {
    const listed = await client.listParts({ bucket, key, uploadId })
    return listed.parts?.length ?? 0
  }
})

test('a download survives the death of its process at any moment', async t => {
  const { server, client, folder, content, run } = await prepare(t)
  const downloader = client.downloader({ partSize, parallelNum: 2, enableCheckpoint: true })
  await client.putObject({ bucket, key: 'source', body: content })
  let [points, spared] = [0, 0]
  for (let killAt = 1; ; killAt += stride) {
    const own = join(folder, `${killAt}`)
    mkdirSync(own)
    const path = join(own, 'target.bin')
    writeFileSync(path, 'old')
    if (!(await run({ direction: 'down', key: 'source', path, killAt }))) break
    points++
    const recorded = recordsIn(own)
    server.requests.clear()
    await downloader.downloadFile({ bucket, key: 'source' }, path)
    const fetched = [...server.requests].filter(
      ({ operation, status }) => operation === 'GetObject' && status === 206,
    ).length
    t.true(fetched <= parts - recorded + 2, `${killAt}: ${fetched} of ${parts} with ${recorded} recorded`)
    spared += parts - Math.min(fetched, parts)
    t.true(readFileSync(path).equals(content), `${killAt}`)
    t.deepEqual(readdirSync(own), ['target.bin'], `${killAt}`)
    rmSync(own, { recursive: true })
  }
  t.true(spared > 0)
  t.log(`${points} kill points, ${spared} of ${points * parts} parts not fetched again`)

  function recordsIn(own: string): number {
    const name = readdirSync(own).find(name => name.endsWith('.ferross-journal'))
    return name === undefined ? 0 : Math.max(0, readFileSync(join(own, name), 'utf8').split('\n').length - 2)
  }
})

test('a copy survives the death of its process at any moment', async t => {
  const { server, client, folder, content, run } = await prepare(t)
  await client.putObject({ bucket, key: 'source', body: content })
  let [points, spared] = [0, 0]
  for (let killAt = 1; ; killAt += stride) {
    const own = join(folder, `${killAt}`)
    mkdirSync(own)
    const key = `key ${killAt}`
    if (!(await run({ direction: 'copy', key, path: own, sourceKey: 'source', killAt }))) break
    points++
    server.requests.clear()
    const options = { partSize, parallelNum: 2, multipartCopyThreshold: partSize, disableShallowCopy: true }
    const copier = client.copier({ ...options, enableCheckpoint: true, checkpointDir: own })
    await copier.copy({ bucket, key, sourceKey: 'source' })
    spared += parts - server.requests.count('UploadPartCopy')
    t.true((await (await client.getObject({ bucket, key })).body!.bytes()).equals(content), `${killAt}`)
    t.deepEqual(readdirSync(own), [], `${killAt}`)
  }
  t.true(spared > 0)
  t.log(`${points} kill points, ${spared} of ${points * parts} parts not copied again`)
})

for (const direction of ['encrypted up', 'encrypted down'] as const) {
  test(`an ${direction}load survives the death of its process at any moment`, async t => {
    const { server, client, folder, content, run } = await prepare(t)
    const encrypting = new EncryptionClient(client, main)
    const up = direction === 'encrypted up'
    if (!up) await encrypting.putObject({ bucket, key: 'source', body: content })
    const options = { partSize, parallelNum: 2, enableCheckpoint: true }
    let [points, spared] = [0, 0]
    for (let killAt = 1; ; killAt += stride) {
      const own = join(folder, `${killAt}`)
      mkdirSync(own)
      const path = join(own, 'file')
      if (up) writeFileSync(path, content)
      const key = up ? `key ${killAt}` : 'source'
      if (!(await run({ direction, key, path, killAt }))) break
      points++
      server.requests.clear()
      if (up) await encrypting.uploader(options).uploadFile({ bucket, key }, path)
      else await encrypting.downloader(options).downloadFile({ bucket, key }, path)
      spared += Math.max(0, parts - server.requests.count(up ? 'UploadPart' : 'GetObject'))
      const stored = await (await encrypting.getObject({ bucket, key })).body!.bytes()
      t.true(stored.equals(content) && readFileSync(path).equals(content), `${killAt}`)
      t.deepEqual(readdirSync(own), ['file'], `${killAt}`)
    }
    t.true(spared > 0)
    t.log(`${points} kill points, ${spared} of ${points * parts} parts not moved again`)
  })
}
