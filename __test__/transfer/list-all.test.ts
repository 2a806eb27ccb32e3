import test from 'ava'
import fc from 'fast-check'
import { type Client, ParamInvalidError, ServiceError } from 'ferross'
import { compareKeys } from '#src/transfer/list-order.js'
import { withServer } from '../helpers/with-server.js'

const bucket = 'examplebucket'

async function prepare(t: Parameters<typeof withServer>[0], keys: readonly string[] = []) {
  const found = await withServer(t)
  await found.client.putBucket({ bucket })
  await fill(found.client, keys)
  return found
}

async function fill(client: Client, keys: readonly string[]) {
  for (let at = 0; at < keys.length; at += 20)
    await Promise.all(keys.slice(at, at + 20).map(key => client.putObject({ bucket, key, body: '' })))
}

async function listed(objects: AsyncIterable<{ key: string }>): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of objects) keys.push(key)
  return keys
}

const sorted = (keys: Iterable<string>) => [...keys].sort(compareKeys)

test('every object is listed once, however keys are spread', async t => {
  const { client } = await prepare(t)
  const character = fc.constantFrom('a', 'b', 'c', '/', '0', '9', ' ', '~', 'é', '中', '\ue000', '😀', '\u0001')
  const key = fc.array(character, { minLength: 1, maxLength: 6 }).map(characters => `x${characters.join('')}`)
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(key, { maxLength: 40 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 7 }),
      async (keys, parallel, limit) => {
        const prefix = `run${run++}/`
        const all = keys.map(each => prefix + each)
        await fill(client, all)
        const found = await listed(client.listAllObjects({ bucket, prefix }, { parallel, limit }))
        t.deepEqual(sorted(found), sorted(all))
      },
    ),
    { numRuns: 25 },
  )
})

test('numbered keys under a long prefix are listed by several fetchers', async t => {
  const keys = Array.from({ length: 600 }, (_, index) => `logs/2031/04/${String(index * 7).padStart(9, '0')}.gz`)
  const { server, client } = await prepare(t, keys)
  const found = await listed(client.listAllObjects({ bucket }, { parallel: 6, limit: 10 }))
  t.deepEqual(sorted(found), keys)
  t.notDeepEqual(found, keys, 'pages of several ranges come mixed')
  const requests = server.requests.count('ListObjectsV2')
  t.true(requests <= 2 * 60 + 20, `${requests} requests for 60 pages`)
})

test('a cursor goes on where the loop was left, after every number of objects', async t => {
  const keys = Array.from({ length: 60 }, (_, index) => `k/${index % 6}/${index}`)
  const { client } = await prepare(t, [...keys, 'other'])
  for (let count = 0; count <= 60; count += 6) {
    const first: string[] = []
    const lister = client.listAllObjects({ bucket, prefix: 'k/' }, { parallel: 4, limit: 3 })
    let { cursor } = lister
    if (count > 0)
      for await (const { key } of lister) {
        first.push(key)
        cursor = lister.cursor
        if (first.length === count) break
      }
    const rest = await listed(client.listAllObjects({ bucket, prefix: 'k/' }, { parallel: 2, limit: 5, cursor }))
    t.deepEqual(sorted([...first, ...rest]), sorted(keys))
  }
  t.throws(() => client.listAllObjects({ bucket }, { cursor: 'bm9uc2Vuc2U' }), { instanceOf: ParamInvalidError })
})

test('a failing page ends the listing with its error, a repeated one does not show', async t => {
  const keys = Array.from({ length: 50 }, (_, index) => `k${index}`)
  const { server, client } = await prepare(t, keys)
  server.faults.add({ operation: 'ListObjectsV2', nth: 3, status: 503, code: 'ServiceUnavailable' })
  t.is((await listed(client.listAllObjects({ bucket }, { limit: 5 }))).length, 50)
  server.faults.add({ operation: 'ListObjectsV2', nth: 4, status: 403, code: 'AccessDenied' })
  const error = await t.throwsAsync(listed(client.listAllObjects({ bucket }, { limit: 5 })), {
    instanceOf: ServiceError,
  })
  t.is(error?.code, 'AccessDenied')
})

test('leaving the loop stops the fetchers, and an abort rejects with its reason', async t => {
  const keys = Array.from({ length: 80 }, (_, index) => `k${String(index).padStart(3, '0')}`)
  const { server, client } = await prepare(t, keys)
  for await (const { key } of client.listAllObjects({ bucket }, { limit: 2, parallel: 3 })) if (key) break
  const after = server.requests.count('ListObjectsV2')
  t.true(after < 20, `${after} requests for one object`)
  const stop = new AbortController()
  const reason = new Error('enough')
  const loop = (async () => {
    for await (const { key } of client.listAllObjects({ bucket }, { limit: 2, parallel: 3, signal: stop.signal }))
      if (key) stop.abort(reason)
  })()
  t.is(await t.throwsAsync(loop), reason)
})

test('options that make no sense are refused', async t => {
  const { client } = await prepare(t)
  for (const options of [{ parallel: 0 }, { limit: 1001 }, { limit: 1.5 }])
    t.throws(() => client.listAllObjects({ bucket }, options), { instanceOf: ParamInvalidError })
})
