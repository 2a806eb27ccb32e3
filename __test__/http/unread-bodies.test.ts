import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test, { type ExecutionContext } from 'ava'
import { Client, type ClientOptions, NopRetryer, StaticCredentialsProvider, TimeoutError } from 'ferross'
import { listen } from '../helpers/listen.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** What must not be collected: a function that only waits for something of a body does not keep that body alive. */
const referenced: unknown[] = []

const large = Buffer.alloc(8 * 1024 * 1024)
const middle = Buffer.alloc(50_000)
const object = { bucket: 'examplebucket', key: 'large' }

async function serve(t: ExecutionContext, options: ClientOptions) {
  const target = await listen(t, ({ url }, response) =>
    response.end(url?.includes('large') ? large : url?.includes('middle') ? middle : 'small'),
  )
  const client = new Client({
    region: 'cn-hangzhou',
    credentialsProvider: new StaticCredentialsProvider('ak', 'sk'),
    endpoint: target.url,
    retryer: new NopRetryer(),
    ...options,
  })
  t.teardown(() => client.close())
  return { client, target }
}

test('a body that nobody begins to read gives its connection back, and says so to who reads it late', async t => {
  const { client } = await serve(t, { maxConnections: 1, readwriteTimeout: 1_000 })
  const { body: unread } = await client.getObject(object)
  // Waits for the one connection.
  const { body } = await client.getObject({ ...object, key: 'small' }, { readwriteTimeout: 20_000 })
  t.is(await body!.text(), 'small')
  const error = await t.throwsAsync(unread!.bytes(), { instanceOf: TimeoutError })
  t.is(error?.phase, 'idle')
  t.is(error?.operation, 'GetObject')
})

test('a body that was begun in time may be read as slowly as one likes', async t => {
  const { client } = await serve(t, { readwriteTimeout: 1_000 })
  const { body } = await client.getObject(object)
  let bytes = 0
  const iterator = body![Symbol.asyncIterator]()
  bytes += ((await iterator.next()).value as Buffer).length
  // Other bodies are given up meanwhile.
  const { body: unread } = await client.getObject(object)
  referenced.push(unread)
  await new Promise(resolve => unread!.once('close', resolve))
  for (let chunk = await iterator.next(); !chunk.done; chunk = await iterator.next()) bytes += chunk.value.length
  t.is(bytes, large.length)
})

for (const [key, length] of [
  ['small', 5],
  ['middle', middle.length],
] as const) {
  test(`${key} bodies need no reader`, async t => {
    const { client } = await serve(t, { maxConnections: 2 })
    const bodies = []
    // With two connections the third would wait for ever if they were held.
    for (let i = 0; i < 20; i++) bodies.push((await client.getObject({ ...object, key })).body)
    for (const body of bodies) t.is((await body!.bytes()).length, length)
  })
}

for (const [title, use] of [
  ['never read', () => {}],
  ['read in part', (body: NodeJS.ReadableStream) => new Promise<void>(resolve => void body.once('readable', resolve))],
] as const) {
  test(`bodies that are dropped, ${title}, give their connections back when they are collected`, async t => {
    const { client, target } = await serve(t, { maxConnections: 2, readwriteTimeout: 60_000 })
    const drop = async () => {
      const { body } = await client.getObject(object)
      await use(body!)
    }
    await Promise.all([drop(), drop()])
    t.is(target.sockets.length, 2)
    const waiting = client.getObject({ ...object, key: 'small' })
    let done = false
    void waiting.finally(() => {
      done = true
    })
    while (!done) {
      collectGarbage()
      await new Promise(resolve => setImmediate(resolve))
    }
    t.is(await (await waiting).body!.text(), 'small')
  })
}
