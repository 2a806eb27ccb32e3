import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import {
  Client,
  ParamInvalidError,
  ProfileCredentialsProvider,
  type PutObjectRequest,
  ServiceError,
  StaticCredentialsProvider,
} from 'ferross'
import { MasterRsaCipher } from '#src/encryption/master-rsa-cipher.js'
import { parseEnvelopeText } from '#src/encryption/stored-envelope.js'
import { journalLine, parseJournal } from '#src/transfer/journal-format.js'
import { RecordingClient } from '../helpers/golden.js'
import { withFolder, withServer } from '../helpers/with-server.js'

// Threat: names in documents, headers and objects from elsewhere change what all objects inherit, or what this code inherits.

const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf']
const at = { bucket: 'examplebucket', key: 'k' }

test.afterEach('nothing is inherited that was not before', t => {
  t.deepEqual(Object.keys(Object.prototype), [])
  t.is(({} as { polluted?: unknown }).polluted, undefined)
  t.is(typeof {}.toString, 'function')
  t.is({}.constructor, Object)
})

function clientOf(...answers: ConstructorParameters<typeof RecordingClient>) {
  const transport = new RecordingClient(...answers)
  const credentialsProvider = new StaticCredentialsProvider('ak', 'sk')
  const client = new Client({ region: 'cn-hangzhou', credentialsProvider, httpClient: transport, retryMaxAttempts: 1 })
  return { client, transport }
}

/** As JSON gives it: the name is the object's own. */
const own = (name: string, value: unknown) => JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`)

test('elements of any name in an answer are passed over or kept as data', async t => {
  for (const name of names) {
    const hostile = `<${name}><polluted>yes</polluted></${name}><${name}>x</${name}>`
    const body = `<ListBucketResult>${hostile}<Name>b</Name><Contents>${hostile}<Key>k</Key></Contents></ListBucketResult>`
    const { client } = clientOf({ status: 200, body })
    // The parser refuses some of them outright.
    const result = await client.listObjectsV2({ bucket: 'bucket' }).catch(() => undefined)
    if (result)
      t.deepEqual(
        result.contents?.map(({ key }) => key),
        ['k'],
      )
  }
})

test('elements and members of any name in an error are data of the error', async t => {
  for (const name of names) {
    for (const [headers, body] of [
      [{}, `<Error><Code>NoSuchKey</Code><${name}>x</${name}></Error>`],
      [
        { 'content-type': 'application/json' },
        JSON.stringify({ Error: { Code: 'NoSuchKey', ...own(name, { polluted: 1 }) } }),
      ],
      [
        { 'content-type': 'application/json' },
        `{"__proto__":{"Error":{"Code":"Forged"}},"Error":{"Code":"NoSuchKey"}}`,
      ],
    ] as const) {
      const { client } = clientOf({ status: 404, headers, body })
      const error = await t.throwsAsync(client.headObject(at), { instanceOf: ServiceError })
      t.true(['NoSuchKey', 'BadErrorResponse'].includes(error?.code ?? ''), name)
      t.is(Object.getPrototypeOf(error?.details), Object.prototype)
    }
  }
})

test('headers of any name in an answer are entries of the headers', async t => {
  for (const name of names) {
    const lower = name.toLowerCase()
    const headers = { ...own(lower, 'x'), ...own(`x-oss-meta-${lower}`, 'y'), 'content-length': '0' }
    const { client } = clientOf({ status: 200, headers, body: '' })
    const { metadata, headers: received } = await client.headObject(at)
    t.is(Object.getOwnPropertyDescriptor(metadata, lower)?.value, 'y')
    t.is(Object.getPrototypeOf(metadata), Object.prototype)
    t.is(received[`x-oss-meta-${lower}`], 'y')
  }
})

test('metadata of any name goes up and comes back', async t => {
  const { client } = await withServer(t)
  await client.putBucket({ bucket: 'bucket' })
  const metadata = Object.assign(Object.create(null), Object.fromEntries(names.map(name => [name.toLowerCase(), name])))
  await client.putObject({
    bucket: 'bucket',
    key: '__proto__',
    body: 'x',
    metadata: JSON.parse(JSON.stringify(metadata)),
  })
  const head = await client.headObject({ bucket: 'bucket', key: '__proto__' })
  for (const [name, value] of Object.entries(metadata)) {
    t.is(Object.getOwnPropertyDescriptor(head.metadata, name)?.value, value as string)
  }
  for (const key of names) {
    await client.putObject({ bucket: 'bucket', key, body: key })
    t.is(await (await client.getObject({ bucket: 'bucket', key })).body?.text(), key)
    await client.putObjectTagging({ bucket: 'bucket', key, tagging: { tagSet: { tags: [{ key, value: key }] } } })
    t.is((await client.getObjectTagging({ bucket: 'bucket', key })).tagSet?.tags?.[0]?.key, key)
  }
  const listed = await client.listObjectsV2({ bucket: 'bucket' })
  t.deepEqual(
    listed.contents?.map(({ key }) => key),
    [...names].sort(),
  )
})

test('what a request object only inherits is not sent', async t => {
  const inherited = { acl: 'public-read', headers: { 'x-oss-object-acl': 'public-read' }, parameters: { acl: '' } }
  const { client, transport } = clientOf({ status: 200 })
  await client.putObject(JSON.parse(JSON.stringify(at).replace('}', `,"__proto__":${JSON.stringify(inherited)}}`)))
  await client.putObject(at, own('__proto__', { headers: { 'x-oss-object-acl': 'public-read' } }))
  await client.putObject({ ...at, ...own('constructor', { acl: 'public-read' }) } as PutObjectRequest)
  for (const { headers, url } of transport.requests) {
    t.false(Object.values(headers).includes('public-read'))
    t.false(url.includes('acl'))
  }
})

test('names that cannot be sent are refused instead of lost', async t => {
  const { client, transport } = clientOf({ status: 200 })
  for (const field of ['headers', 'parameters'] as const) {
    for (const call of [
      client.putObject({ ...at, [field]: own('__proto__', 'x') }),
      client.putObject(at, { [field]: own('__proto__', 'x') }),
      client.invokeOperation({ opName: 'x', method: 'GET', [field]: own('__proto__', 'x') }),
    ]) {
      t.is((await t.throwsAsync(call, { instanceOf: ParamInvalidError })).field, `${field}.__proto__`)
    }
  }
  t.is(transport.requests.length, 0)
  await client.putObject({ ...at, parameters: { constructor: 'x' }, headers: { constructor: 'y' } } as never)
  t.true(transport.requests[0]?.url.includes('constructor=x'))
  t.is(Object.getOwnPropertyDescriptor(transport.requests[0]?.headers, 'constructor')?.value, 'y')
})

test('options that are only inherited, or of the name of a prototype, are no options', t => {
  const options = { region: 'cn-hangzhou', credentialsProvider: new StaticCredentialsProvider('ak', 'sk') }
  for (const name of names) {
    t.is(t.throws(() => new Client({ ...options, ...own(name, 'x') }), { instanceOf: ParamInvalidError }).field, name)
  }
})

test('journals, envelopes and key descriptions are plain data whatever names they have', t => {
  for (const name of names) {
    const { line } = journalLine(own(name, { polluted: 1 }))
    const content = parseJournal(Buffer.from(line))
    t.is(content?.header.uploadId, undefined)
    t.is(content?.header.polluted, undefined)
    t.is(parseEnvelopeText(JSON.stringify(own(name, { 'client-side-encryption-key': 'AAAA' }))), undefined)
    t.is(new MasterRsaCipher(own(name, 'x')).matDesc, `{"${name}": "x"}`)
  }
})

test('profiles of any name are found by that name only', async t => {
  const path = join(withFolder(t), 'config.json')
  writeFileSync(
    path,
    `{"current":"constructor","profiles":[{"name":"__proto__","mode":"AK","access_key_id":"a","access_key_secret":"b"}]}`,
  )
  await t.throwsAsync(async () => new ProfileCredentialsProvider({ path }).getCredentials())
})
