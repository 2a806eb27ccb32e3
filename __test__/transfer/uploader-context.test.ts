import { randomBytes } from 'node:crypto'
import test from 'ava'
import { Client, FunctionCredentialsProvider } from 'ferross'
import { startLocalServer } from 'ferross/server'

const partSize = 100 * 1024
const target = { bucket: 'examplebucket', key: 'credentials' }

test('every part is signed with the credentials of its moment, and what a part learns about the clock is kept', async t => {
  let skew = 0
  const server = await startLocalServer({ clock: () => Date.now() + skew })
  const { accessKeyId, accessKeySecret } = server.credentials
  let asked = 0
  const client = new Client({
    endpoint: server.endpoint,
    region: server.region,
    credentialsProvider: new FunctionCredentialsProvider(async () => {
      asked++
      return { accessKeyId, accessKeySecret, expiration: new Date(0) }
    }),
  })
  t.teardown(async () => {
    await client.close()
    await server.close()
  })
  await client.putBucket({ bucket: target.bucket })
  const before = asked
  skew = 3_600_000
  const content = randomBytes(5 * partSize)
  await client.uploader({ partSize, parallelNum: 1 }).uploadFrom(target, content)
  t.true(asked - before >= 5)
  const refused = [...server.requests].filter(({ code }) => code === 'RequestTimeTooSkewed')
  t.is(refused.length, 1, 'the first request of the transfer corrects the clock for all')
  t.true((await (await client.getObject(target)).body!.bytes()).equals(content))
})
