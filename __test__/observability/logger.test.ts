import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { type ClientOptions, type Logger, type LogRecord, type OssError, ServiceError } from 'ferross'
import { goldenClient, RecordingClient } from '../helpers/golden.js'
import { withFolder, withServer } from '../helpers/with-server.js'

type Entry = LogRecord & { level: string }

function recorder(): Logger & { records: Entry[] } {
  const records: Entry[] = []
  const at = (level: string) => (record: LogRecord) => void records.push({ ...record, level })
  return { records, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

const levelsAndEvents = ({ records }: { records: Entry[] }) => records.map(({ level, event }) => `${level} ${event}`)

test('attempts, retries and failures are logged at their levels', async t => {
  const logger = recorder()
  const { client, server } = await withServer(t, { logger })
  await client.putBucket({ bucket: 'examplebucket' })
  server.faults.add({ operation: 'PutObject', status: 503, code: 'SlowDown', count: 1 })
  logger.records.length = 0
  const { requestId } = await client.putObject({ bucket: 'examplebucket', key: 'k', body: 'hello' })
  t.deepEqual(levelsAndEvents(logger), ['warn retry', 'debug attempt'])
  const [retry, attempt] = logger.records
  t.is(retry?.message, 'PutObject: attempt 1 failed with SlowDown, again in 0 ms')
  t.like(retry, { operation: 'PutObject', bucket: 'examplebucket', key: 'k', attempt: 1, statusCode: 503 })
  t.is(typeof retry?.requestId, 'string')
  t.is(attempt?.message, 'PutObject: attempt 2 answered with 200')
  t.like(attempt, { attempt: 2, statusCode: 200, requestId, retryReason: 'SlowDown', bytesSent: 5 })

  logger.records.length = 0
  const error = await t.throwsAsync(client.getObject({ bucket: 'examplebucket', key: 'no' }), {
    instanceOf: ServiceError,
  })
  t.deepEqual(levelsAndEvents(logger), ['error request-failed'])
  const { code, message, ec } = error as ServiceError
  const facts = { code, reason: message, ec, requestId: error?.requestId, statusCode: 404, attempts: 1 }
  t.like(logger.records[0], { ...facts, operation: 'GetObject', error: 'ServiceError' })
})

test('an abort is no error, and what others threw is not repeated', async t => {
  const logger = recorder()
  const client = goldenClient(new RecordingClient(), { logger })
  const bucket = 'examplebucket'
  await t.throwsAsync(client.getBucketAcl({ bucket }, { signal: AbortSignal.abort(new Error('enough')) }))
  t.deepEqual(levelsAndEvents(logger), ['info request-aborted'])
  logger.records.length = 0
  const body = (async function* () {
    yield Buffer.from('a')
    throw new Error('password=hunter2')
  })()
  await t.throwsAsync(client.putObject({ bucket, key: 'k', body }), { message: /hunter2/ })
  t.deepEqual(levelsAndEvents(logger), ['error request-failed'])
  t.notRegex(JSON.stringify(logger.records), /hunter2/)
})

test('a failure says what kept it from being retried', async t => {
  const logger = recorder()
  const client = goldenClient(new RecordingClient({ status: 500 }), { logger, retryMaxAttempts: 1 })
  await t.throwsAsync(client.getBucketAcl({ bucket: 'examplebucket' }))
  t.like(logger.records[0], { retryBlockedBy: 'attempts', attempts: 1 })
})

test('transfers are logged when they end', async t => {
  const logger = recorder()
  const { client } = await withServer(t, { logger })
  const bucket = 'examplebucket'
  await client.putBucket({ bucket })
  const path = join(withFolder(t), 'f')
  writeFileSync(path, 'hello')
  await client.uploader().uploadFile({ bucket, key: 'k' }, path)
  t.like(logger.records.at(-1), { level: 'info', event: 'transfer-completed', kind: 'upload', bytes: 5, size: 5 })
  await t.throwsAsync(client.downloader().downloadFile({ bucket, key: 'no' }, path))
  t.like(logger.records.at(-1), { level: 'error', event: 'transfer-failed', kind: 'download', statusCode: 404 })
  const signal = AbortSignal.abort()
  await t.throwsAsync(client.uploader().uploadFile({ bucket, key: 'k' }, path, { signal }), { any: true })
  t.like(logger.records.at(-1), { level: 'info', event: 'transfer-aborted', kind: 'upload' })
})

test('a logger that throws harms no call', async t => {
  const refuse = () => {
    throw new Error('disk full')
  }
  const logger = { debug: refuse, info: refuse, warn: refuse, error: refuse }
  const client = goldenClient(new RecordingClient({ status: 200 }, { status: 404 }), { logger })
  await client.putObject({ bucket: 'examplebucket', key: 'k' })
  await t.throwsAsync(client.getBucketAcl({ bucket: 'examplebucket' }), { instanceOf: ServiceError })
})

test('the console is a logger, and what is none is refused', t => {
  const given: ClientOptions = { logger: console }
  t.notThrows(() => goldenClient(new RecordingClient(), given))
  for (const logger of [{}, { ...console, warn: 1 }, 'console']) {
    const error = t.throws(() => goldenClient(new RecordingClient(), { logger } as never), { any: true })
    t.is((error as unknown as OssError).code, 'ParamInvalid')
    t.regex((error as unknown as OssError).message, /logger/)
  }
})

test('a body that breaks off and is asked for again is a retry, too', async t => {
  const logger = recorder()
  const { client, server } = await withServer(t, { logger })
  const bucket = 'examplebucket'
  await client.putBucket({ bucket })
  await client.putObject({ bucket, key: 'k', body: 'x'.repeat(10_000) })
  const path = join(withFolder(t), 'f')
  const ways = [
    () => client.getObjectToFile({ bucket, key: 'k' }, path),
    () => client.downloader().downloadFile({ bucket, key: 'k' }, path),
  ]
  for (const download of ways) {
    server.faults.add({ operation: 'GetObject', cutResponseAfterBytes: 5000, count: 1 })
    logger.records.length = 0
    await download()
    const retry = logger.records.find(({ event }) => event === 'retry')
    t.like(retry, { level: 'warn', operation: 'GetObject', code: 'RequestError' })
    t.regex(retry?.message as string, /^GetObject: the body failed with RequestError, again in \d+ ms$/)
    t.is(typeof retry?.requestId, 'string')
  }
})
