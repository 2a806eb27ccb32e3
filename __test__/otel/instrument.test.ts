import { execFile } from 'node:child_process'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { context, SpanKind, SpanStatusCode, type TracerProvider, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import test, { type ExecutionContext } from 'ava'
import { FunctionCredentialsProvider, ServiceError } from 'ferross'
import { instrument } from 'ferross/otel'
import { goldenClient, RecordingClient } from '../helpers/golden.js'
import { withFolder, withServer } from '../helpers/with-server.js'

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())

// Spans are made of what the whole process does: tests that look at all of them run one after the other.

function withSpans(t: ExecutionContext) {
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const spans = instrument({ tracerProvider })
  t.teardown(() => spans.disable())
  const finished = () => exporter.getFinishedSpans()
  const named = (name: string) => finished().find(span => span.name === name) as ReadableSpan
  return { spans, tracerProvider, finished, named, forget: () => exporter.reset() }
}

const idOf = (span: ReadableSpan) => span.spanContext().spanId
const parentOf = (span: ReadableSpan) => span.parentSpanContext?.spanId

test.serial('a call becomes a span of kind client that says what was asked and answered', async t => {
  const { client, server } = await withServer(t)
  await client.putBucket({ bucket: 'examplebucket' })
  const { finished } = withSpans(t)
  const { requestId } = await client.putObject({ bucket: 'examplebucket', key: 'k', body: 'hello' })
  t.is(finished().length, 1)
  const [span] = finished() as [ReadableSpan]
  t.deepEqual([span.name, span.kind, span.status.code], ['OSS.PutObject', SpanKind.CLIENT, SpanStatusCode.UNSET])
  const { hostname, port } = new URL(server.endpoint)
  t.deepEqual(
    { ...span.attributes },
    {
      'rpc.system': 'alibaba-cloud-oss',
      'rpc.service': 'OSS',
      'rpc.method': 'PutObject',
      'cloud.provider': 'alibaba_cloud',
      'cloud.region': 'cn-hangzhou',
      'server.address': hostname,
      'server.port': Number(port),
      'http.response.status_code': 200,
      'http.request.body.size': 5,
      'http.response.body.size': 0,
      'alibaba_cloud.request_id': requestId,
      'alibaba_cloud.oss.bucket': 'examplebucket',
      'alibaba_cloud.oss.key': 'k',
    },
  )
})

test.serial('repeated attempts are events, and a failure is the status and an exception', async t => {
  const { finished } = withSpans(t)
  const document = '<Error><Code>SlowDown</Code><Message>m</Message><RequestId>id-1</RequestId><EC>ec-1</EC></Error>'
  const client = goldenClient(new RecordingClient({ status: 503, body: document }), {
    retryer: { maxAttempts: 2, isRetryable: () => true, delay: () => 1 },
  })
  await t.throwsAsync(client.getBucketAcl({ bucket: 'examplebucket' }), { instanceOf: ServiceError })
  const [span] = finished() as [ReadableSpan]
  t.deepEqual(span.status, { code: SpanStatusCode.ERROR, message: 'SlowDown' })
  t.like(span.attributes, {
    'error.type': 'SlowDown',
    'http.response.status_code': 503,
    'http.request.resend_count': 1,
    'alibaba_cloud.oss.ec': 'ec-1',
  })
  const [retry, exception] = span.events
  t.is(retry?.name, 'retry')
  t.like(retry?.attributes, {
    'alibaba_cloud.oss.attempt': 1,
    'alibaba_cloud.oss.retry_in_ms': 1,
    'alibaba_cloud.request_id': 'id-1',
    'error.type': 'SlowDown',
  })
  t.is(exception?.name, 'exception')
  t.is(exception?.attributes?.['exception.message'], 'm')
  t.is(span.events.length, 2)
})

test.serial('what the caller ends is no error', async t => {
  const { finished } = withSpans(t)
  const signal = AbortSignal.abort(new Error('enough'))
  await t.throwsAsync(goldenClient(new RecordingClient()).getBucketAcl({ bucket: 'examplebucket' }, { signal }))
  t.is(finished()[0]?.status.code, SpanStatusCode.UNSET)
  t.deepEqual(finished()[0]?.events, [])
})

test.serial('spans form a tree: the program, the transfer, its calls, and what happens inside of them', async t => {
  const { finished, named, tracerProvider, forget } = withSpans(t)
  const tracer = (tracerProvider as TracerProvider).getTracer('test')
  const { client, server } = await withServer(t, {
    credentialsProvider: new FunctionCredentialsProvider(async () => {
      tracer.startSpan('credentials').end()
      return server.credentials
    }),
  })
  await client.putBucket({ bucket: 'examplebucket' })
  forget()
  const path = join(withFolder(t), 'f')
  writeFileSync(path, Buffer.alloc(250 * 1024))
  await tracer.startActiveSpan('program', async span => {
    await client.uploader({ partSize: 100 * 1024 }).uploadFile({ bucket: 'examplebucket', key: 'k' }, path)
    span.end()
  })
  const [program, transfer] = [named('program'), named('OSS upload')]
  t.is(parentOf(transfer), idOf(program))
  t.is(transfer.kind, SpanKind.INTERNAL)
  t.like(transfer.attributes, {
    'alibaba_cloud.oss.bucket': 'examplebucket',
    'alibaba_cloud.oss.transfer.kind': 'upload',
    'alibaba_cloud.oss.transfer.bytes': 250 * 1024,
    'alibaba_cloud.oss.transfer.parts': 3,
  })
  const calls = finished().filter(({ kind }) => kind === SpanKind.CLIENT)
  t.deepEqual(calls.map(({ name }) => name).sort(), [
    'OSS.CompleteMultipartUpload',
    'OSS.InitiateMultipartUpload',
    ...Array(3).fill('OSS.UploadPart'),
  ])
  for (const call of calls) t.is(parentOf(call), idOf(transfer), call.name)
  const ids = calls.map(idOf)
  const inner = finished().filter(({ name }) => name === 'credentials')
  t.true(inner.length > 0)
  for (const span of inner) t.true(ids.includes(parentOf(span) as string))
})

test.serial('without a context manager the spans of transfers still have those of calls for children', async t => {
  context.disable()
  t.teardown(() => context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
  const { named } = withSpans(t)
  const { client } = await withServer(t)
  await client.putBucket({ bucket: 'examplebucket' })
  const path = join(withFolder(t), 'f')
  writeFileSync(path, 'hello')
  await client.uploader().uploadFile({ bucket: 'examplebucket', key: 'k' }, path)
  t.is(parentOf(named('OSS.PutObject')), idOf(named('OSS upload')))
})

test.serial('the provider that is registered globally is the default, and disabling ends it', async t => {
  const exporter = new InMemorySpanExporter()
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
  t.teardown(() => trace.disable())
  const client = goldenClient(new RecordingClient())
  {
    using _spans = instrument()
    await client.putObject({ bucket: 'examplebucket', key: 'k' })
  }
  await client.putObject({ bucket: 'examplebucket', key: 'k' })
  t.is(exporter.getFinishedSpans().length, 1)
})

test('a tracer provider that is none is refused', t => {
  t.throws(() => instrument({ tracerProvider: {} as never }), { message: /tracerProvider/ })
})

test('without the peer the module loads, and instrument says what to install', async t => {
  const folder = withFolder(t)
  cpSync('dist', join(folder, 'dist'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const program = `import { instrument } from './dist/otel/index.js'
try { instrument() } catch (error) { console.log(error.code, error.message) }`
  writeFileSync(join(folder, 'main.js'), program)
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'main.js')])
  t.is(stdout.trim(), 'MissingPeer ferross/otel needs the package @opentelemetry/api: npm install @opentelemetry/api')
})
