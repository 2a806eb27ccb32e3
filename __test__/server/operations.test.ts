import test from 'ava'
import { encodeRequest } from '#src/binding/encode-request.js'
import type { OperationData } from '#src/binding/operation.js'
import * as registry from '#src/operations/index.js'
import { handlers } from '#src/server/handlers/index.js'
import { Router } from '#src/server/router.js'
import { withServer } from './helpers.js'

const operations = registry as unknown as Readonly<Record<string, OperationData>>

/** What the local server leaves out, and why it may: none of it is storage. */
const leftOut = ['asyncProcessObject', 'doDataPipelineAction', 'doMetaQueryAction', 'processObject']

/** The smallest request that has every required field. */
function smallest(operation: OperationData): Record<string, unknown> {
  const request: Record<string, unknown> = {}
  for (const [name, field] of operation.request) {
    if (!field.required) continue
    if (field.place === 'document' || name === 'selectMetaRequest') request[name] = {}
    else if (field.place === 'body') request[name] = '{}'
    else request[name] = field.codec?.expects === 'an integer' ? 1 : 'value'
  }
  if (operation.request.some(([, field]) => field.place === 'bucket')) request.bucket = 'bucket'
  // Without the name, the block of the bucket itself is meant.
  if (operation.name.includes('AccessPoint')) request.accessPointName = 'point'
  if (operation.name === 'DeleteMultipleObjects') request.objects = [{ key: 'a' }]
  if (operation.name === 'SelectObject') request.process = 'csv/select'
  if (operation.name === 'CreateSelectObjectMeta') request.process = 'json/meta'
  return request
}

test('every operation of the registry is told from all others', t => {
  const router = new Router(operations)
  for (const [method, operation] of Object.entries(operations)) {
    const draft = encodeRequest(operation, smallest(operation))
    const incoming = { method: draft.method, path: '/', query: draft.query, headers: draft.headers, host: '' }
    t.is(router.match(incoming, { bucket: draft.bucket, key: draft.key })?.method, method)
  }
})

test('every operation is implemented, but for processing and what belongs to other services', async t => {
  const missing = Object.keys(operations).filter(method => handlers[method] === undefined)
  t.deepEqual(missing.sort(), leftOut)
  const tester = await withServer(t)
  for (const method of leftOut) {
    const operation = operations[method] as OperationData
    const draft = encodeRequest(operation, smallest(operation))
    const answer = await tester.send({
      method: draft.method,
      ...(draft.bucket === undefined ? {} : { bucket: draft.bucket }),
      ...(draft.key === undefined ? {} : { key: draft.key }),
      query: draft.query,
      headers: draft.headers,
      body: String(draft.body ?? ''),
    })
    t.is(answer.status, 501, method)
    t.is(answer.code, 'NotImplemented')
  }
  await tester.put('bucket', 'a.jpg', 'x')
  const processed = await tester.get('bucket', 'a.jpg', {}, { 'x-oss-process': 'image/resize,w_10' })
  t.is(processed.status, 501)
})

test('what no operation asks for is refused, not taken for another one', async t => {
  const tester = await withServer(t)
  const unknown = await tester.send({ method: 'GET', bucket: 'bucket', query: { qosInfo: '' } })
  t.is(unknown.status, 501)
  t.is(unknown.code, 'NotImplemented')
})
