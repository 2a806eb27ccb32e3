import test, { type ExecutionContext } from 'ava'
import type { ClientOptions, PresignPostRequest, PresignPostResult } from 'ferross'
import { clientOf, withServer } from '../helpers/with-server.js'

const bucket = 'examplebucket'

async function prepared(t: ExecutionContext, options: ClientOptions = {}) {
  const { server, client } = await withServer(t)
  await client.putBucket({ bucket })
  const poster = clientOf(server, options)
  t.teardown(() => poster.close())
  return { client, poster }
}

/** Sends a form as a browser does; the file comes last. */
async function post({ url, fields }: PresignPostResult, content: string, extra: Record<string, string> = {}) {
  const form = new FormData()
  for (const [name, value] of Object.entries({ ...fields, ...extra })) form.append(name, value)
  form.append('file', new Blob([content], { type: 'text/plain' }), 'chosen.txt')
  const response = await fetch(url, { method: 'POST', body: form, redirect: 'manual' })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, code: /<Code>(.*)<\/Code>/.exec(text)?.[1] }
}

for (const signatureVersion of ['v4', 'v1'] as const) {
  test(`a ${signatureVersion} form uploads an object with its properties`, async t => {
    const { client, poster } = await prepared(t, { signatureVersion })
    const request: PresignPostRequest = {
      bucket,
      key: '目录/a b+c.txt',
      contentType: 'text/x-own',
      contentLengthRange: [1, 100],
      cacheControl: 'no-cache',
      metadata: { Owner: '我' },
      storageClass: 'IA',
    }
    const answer = await post(await poster.presignPost(request), 'hello')
    t.is(answer.status, 204, answer.text)
    const got = await client.getObject({ bucket, key: '目录/a b+c.txt' })
    t.is(await got.body?.text(), 'hello')
    t.is(got.contentType, 'text/x-own')
    t.is(got.cacheControl, 'no-cache')
    t.is(got.storageClass, 'IA')
    t.deepEqual(got.metadata, { owner: '我' })
  })

  test(`a ${signatureVersion} form holds the sender to its conditions`, async t => {
    const { client, poster } = await prepared(t, { signatureVersion })
    const limited = await poster.presignPost({
      bucket,
      key: { prefix: 'user/7/' },
      contentLengthRange: [2, 5],
      acl: 'private',
    })
    t.is((await post(limited, 'four')).status, 204)
    t.true(await client.isObjectExist({ bucket, key: 'user/7/chosen.txt' }))
    t.is((await post(limited, 'four', { key: 'user/7/own/name' })).status, 204)
    t.true(await client.isObjectExist({ bucket, key: 'user/7/own/name' }))
    t.is((await post(limited, 'x')).code, 'EntityTooSmall')
    t.is((await post(limited, 'x'.repeat(6))).code, 'EntityTooLarge')
    t.is((await post(limited, 'four', { key: 'user/8/a' })).status, 403)
    t.is((await post(limited, 'four', { 'x-oss-object-acl': 'public-read' })).status, 403)
    const { 'x-oss-object-acl': _, ...without } = limited.fields
    t.is((await post({ ...limited, fields: without }, 'four')).status, 403, 'a field cannot be left out')
    const typed = await poster.presignPost({ bucket, key: 'picture', contentType: ['image/png', 'image/jpeg'] })
    t.is((await post(typed, 'x', { 'Content-Type': 'image/png' })).status, 204)
    t.is((await post(typed, 'x', { 'Content-Type': 'text/html' })).status, 403)
  })
}

test('the answer has the status that the form asks for', async t => {
  const { poster } = await prepared(t)
  const created = await post(await poster.presignPost({ bucket, key: 'a', successActionStatus: 201 }), 'x')
  t.is(created.status, 201)
  t.regex(created.text, /<Key>a<\/Key>/)
  t.is((await post(await poster.presignPost({ bucket, key: 'a', successActionStatus: 200 }), 'x')).status, 200)
})

test('a changed policy or signature is refused', async t => {
  const { poster } = await prepared(t)
  const form = await poster.presignPost({ bucket, key: 'a' })
  const other = await poster.presignPost({ bucket, key: 'b' })
  t.is((await post(form, 'x', { policy: other.fields.policy as string })).status, 403)
  t.is((await post(form, 'x', { 'x-oss-signature': '0'.repeat(64) })).status, 403)
})
