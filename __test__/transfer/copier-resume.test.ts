import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { type CopierOptions, crc64, ParamInvalidError, ParamRequiredError, TransferControl } from 'ferross'
import { withFolder, withServer } from '../helpers/with-server.js'
import type { CopyTask } from './copier-child.js'

const partSize = 100 * 1024
const parts = 8
const size = parts * partSize - 1000
const source = { bucket: 'source-bucket', key: 'source.bin' }
const target = { bucket: 'target-bucket', key: 'dir/copy.bin' }
const request = { ...target, sourceBucket: source.bucket, sourceKey: source.key }
const child = fileURLToPath(new URL('./copier-child.js', import.meta.url))

async function prepare(t: ExecutionContext) {
  const { server, client } = await withServer(t)
  for (const { bucket } of [source, target]) await client.putBucket({ bucket })
  const content = randomBytes(size)
  await client.putObject({ ...source, body: content, metadata: { a: 'b' } })
  const checkpointDir = join(withFolder(t), 'journals')
  const options: CopierOptions = {
    partSize,
    parallelNum: 2,
    multipartCopyThreshold: partSize,
    enableCheckpoint: true,
    checkpointDir,
  }
  const copier = client.copier(options)
  /** Runs a copy that fails at one part, for good. */
  const interrupt = async (partNumber: number) => {
    const fault = server.faults.add({
      operation: 'UploadPartCopy',
      partNumber,
      status: 403,
      code: 'AccessDenied',
      count: 9,
    })
    await t.throwsAsync(copier.copy(request, { parallelNum: 1 }), { code: 'AccessDenied' })
    fault.remove()
    server.requests.clear()
  }
  const uploads = async () => (await client.listMultipartUploads({ bucket: target.bucket })).uploads ?? []
  /** Numbers of the parts that were copied. A part in flight when a run ended may be among them besides. */
  const copies = () => {
    const asked = [...server.requests].filter(({ operation }) => operation === 'UploadPartCopy')
    const numbers = asked.map(({ target: sent }) => Number(/partNumber=(\d+)/.exec(sent)?.[1]))
    return [...new Set(numbers)].sort((a, b) => a - b)
  }
  const arrived = async (expected = content) => {
    t.true((await (await client.getObject(target)).body!.bytes()).equals(expected))
    t.deepEqual(await uploads(), [])
    t.deepEqual(readdirSync(checkpointDir), [])
  }
  return { server, client, content, copier, checkpointDir, interrupt, uploads, copies, arrived }
}

const all = Array.from({ length: parts }, (_, index) => index + 1)

test('a copy goes on where it failed, copies only what is missing, and cleans up', async t => {
  const { server, copier, content, checkpointDir, interrupt, uploads, copies, arrived } = await prepare(t)
  await interrupt(4)
  t.is(readdirSync(checkpointDir).length, 1)
  t.is((await uploads()).length, 1)
  const seen: number[] = []
  const result = await copier.copy(request, { onProgress: (_, transferred) => seen.push(transferred) })
  t.deepEqual(copies(), [4, 5, 6, 7, 8])
  t.is(server.requests.count('InitiateMultipartUpload'), 0)
  t.is(result.hashCrc64, crc64(content).toString())
  t.is(seen[0], 3 * partSize, 'what was there is counted at the beginning')
  t.is(seen.at(-1), size)
  await arrived()
})

test('an abort keeps what a checkpoint needs, and the next call uses it', async t => {
  const { copier, server, copies, arrived } = await prepare(t)
  const stop = new AbortController()
  const reason = new Error('enough')
  const onProgress = (_: number, transferred: number) => transferred >= 3 * partSize && stop.abort(reason)
  t.is(await t.throwsAsync(copier.copy(request, { signal: stop.signal, onProgress })), reason)
  server.requests.clear()
  await copier.copy(request)
  t.true(copies().length <= parts - 3, `${copies()}`)
  await arrived()
})

test('a copy survives kill -9 of its process', async t => {
  t.timeout(60_000)
  const { server, copier, checkpointDir, copies, arrived } = await prepare(t)
  const { endpoint, region, credentials } = server
  const { accessKeyId, accessKeySecret } = credentials
  const task: CopyTask = {
    endpoint,
    region,
    accessKeyId,
    accessKeySecret,
    request,
    partSize,
    checkpointDir,
    killAfterBytes: 3 * partSize,
  }
  const running = spawn(process.execPath, [child, JSON.stringify(task)], { stdio: ['ignore', 'ignore', 'inherit'] })
  const [, signal] = (await once(running, 'exit')) as [number | null, string | null]
  t.is(signal, 'SIGKILL')
  t.is(readdirSync(checkpointDir).length, 1)
  server.requests.clear()
  await copier.copy(request)
  t.true(copies().length > 0 && copies().length <= parts - 3, `${copies()}`)
  t.is(server.requests.count('InitiateMultipartUpload'), 0)
  await arrived()
})

test('a source that changed, other properties or another part size begin anew, and the old parts are removed', async t => {
  for (const change of ['source', 'metadata of the source', 'properties', 'part size']) {
    const { server, client, copier, content, interrupt, copies, arrived } = await prepare(t)
    await interrupt(5)
    const next = change === 'source' ? randomBytes(size) : content
    if (change.includes('source')) {
      await client.putObject({ ...source, body: next, ...(change !== 'source' && { metadata: { a: 'c' } }) })
    }
    const own = change === 'properties' ? { ...request, storageClass: 'IA' as const } : request
    await copier.copy(own, change === 'part size' ? { partSize: 2 * partSize } : {})
    t.deepEqual(copies(), change === 'part size' ? all.slice(0, parts / 2) : all, change)
    t.true(server.requests.count('AbortMultipartUpload') >= 1, change)
    await arrived(next)
  }
})

test('a part that somebody replaced at the service is copied again', async t => {
  const { client, server, copier, interrupt, uploads, copies, arrived } = await prepare(t)
  await interrupt(8)
  const [{ uploadId }] = (await uploads()) as [{ uploadId: string }]
  await client.uploadPart({ ...target, uploadId, partNumber: 1, body: randomBytes(partSize) })
  await client.uploadPart({ ...target, uploadId, partNumber: 2, body: randomBytes(5) })
  server.requests.clear()
  await copier.copy(request)
  t.deepEqual(copies(), [1, 2, 8])
  await arrived()
})

test('an upload that the service has forgotten begins anew', async t => {
  const { client, copier, interrupt, uploads, copies, arrived } = await prepare(t)
  await interrupt(5)
  const [{ uploadId }] = (await uploads()) as [{ uploadId: string }]
  await client.abortMultipartUpload({ ...target, uploadId })
  await copier.copy(request)
  t.deepEqual(copies(), all)
  await arrived()
})

test('a copy that was completed before its journal could be removed is not made again', async t => {
  const { client, server, copier, checkpointDir, uploads, copies, arrived } = await prepare(t)
  const fault = server.faults.add({
    operation: 'CompleteMultipartUpload',
    status: 403,
    code: 'AccessDenied',
    count: 9,
  })
  await t.throwsAsync(copier.copy(request), { code: 'AccessDenied' })
  fault.remove()
  const [{ uploadId }] = (await uploads()) as [{ uploadId: string }]
  const { parts: listed = [] } = await client.listParts({ ...target, uploadId })
  const made = listed.map(({ partNumber, etag }) => ({ partNumber: partNumber as number, etag: etag as string }))
  await client.completeMultipartUpload({ ...target, uploadId, completeMultipartUpload: { parts: made } })
  t.is(readdirSync(checkpointDir).length, 1)
  server.requests.clear()
  t.is((await copier.copy(request)).uploadId, uploadId)
  t.deepEqual(copies(), [])
  t.is(server.requests.count('InitiateMultipartUpload'), 0)
  await arrived()
})

test('a damaged journal is replaced', async t => {
  const { copier, checkpointDir, interrupt, copies, client, uploads } = await prepare(t)
  await interrupt(5)
  const path = join(checkpointDir, readdirSync(checkpointDir)[0] as string)
  writeFileSync(path, readFileSync(path).subarray(0, 30))
  await copier.copy(request)
  t.deepEqual(copies(), all)
  t.deepEqual(readdirSync(checkpointDir), [])
  t.is((await client.headObject(target)).contentLength, size)
  t.is((await uploads()).length, 1, 'nobody knows the old one any more')
})

test('a checkpoint needs a folder', async t => {
  const { client, copier } = await prepare(t)
  const error = t.throws(() => client.copier({ enableCheckpoint: true }), { instanceOf: ParamRequiredError })
  t.is(error?.field, 'checkpointDir')
  const late = client.copier().copy(request, { enableCheckpoint: true })
  t.is((await t.throwsAsync(late, { instanceOf: ParamRequiredError }))?.field, 'checkpointDir')
  for (const [name, value] of Object.entries({ enableCheckpoint: 'yes', checkpointDir: '' })) {
    const wrong = copier.copy(request, { [name]: value })
    t.is((await t.throwsAsync(wrong, { instanceOf: ParamInvalidError }))?.field, name)
  }
})

test('a copy can be held and let go on, also while it is throttled', async t => {
  const { server, client, content } = await prepare(t)
  const control = new TransferControl()
  server.faults.add({ operation: 'UploadPartCopy', status: 503, code: 'ServiceUnavailable', count: 3 })
  let held = false
  const onProgress = (_: number, transferred: number) => {
    if (held || transferred < 2 * partSize) return
    held = true
    control.pause()
    setImmediate(() => control.resume())
  }
  const own = { partSize, parallelNum: 4, multipartCopyThreshold: partSize, control, onProgress }
  const result = await client.copier().copy(request, own)
  t.true(held)
  t.is(result.hashCrc64, crc64(content).toString())
})

test('a source that shrank to what one request copies leaves nothing of the copy in parts', async t => {
  const { client, copier, content, interrupt, arrived } = await prepare(t)
  await interrupt(4)
  const rest = content.subarray(0, partSize - 1)
  await client.putObject({ ...source, body: rest })
  await copier.copy(request)
  await arrived(rest)
})
