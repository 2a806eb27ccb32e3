import { constants, createCipheriv, createDecipheriv, privateDecrypt } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { DecryptionError, type ParamInvalidError } from 'ferross'
import { transformBytes } from '#src/encryption/content-cipher.js'
import { CtrCipher } from '#src/encryption/ctr-cipher.js'
import { MasterRsaCipher } from '#src/encryption/master-rsa-cipher.js'
import { type Recorded, RecordingClient, revive, splitUrl } from '../helpers/golden.js'
import { cse, encrypting, goldenBytes, goldenJson, keys, MemoryService, main, old, ruled, sha256 } from './support.js'

interface GoldenObject {
  name: string
  master: 'main' | 'old'
  matDesc: Record<string, string> | null
  request?: Record<string, unknown>
  plaintext?: string
  plaintextSha256: string
  plaintextLength: number
  file?: string
  ciphertext?: string
  contentKey: string
  contentIv: string
  sent?: { method: string; host: string; path: string; headers: Record<string, string> }
  objectHeaders: Record<string, string>
}

const objects = goldenJson<GoldenObject[]>('objects')
const base64 = (text: string) => Buffer.from(text, 'base64')

/** Node's RSA without any code of the project: raw decryption and plain removal of the padding. */
function unwrapped(wrapped: string): Buffer {
  const padded = privateDecrypt({ key: keys.main.privateKeyPem, padding: constants.RSA_NO_PADDING }, base64(wrapped))
  return padded.subarray(padded.indexOf(0, 2) + 1)
}

function compareSent(
  t: ExecutionContext,
  name: string,
  sent: Record<string, string>,
  expected: Record<string, string>,
) {
  const ignored = /^(authorization|date|x-oss-date|user-agent|accept.*|host|connection)$/
  const random = [`${cse}key`, `${cse}start`]
  const shown = (headers: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(headers)
        .filter(([header]) => !ignored.test(header))
        .map(([header, value]) => [header, random.includes(header) ? value.length : value]),
    )
  t.deepEqual(shown(sent), shown(expected), name)
}

test('key streams at offsets are those of other SDKs', t => {
  interface Case {
    key: string
    iv: string
    offset: number
    plaintext: string
    ciphertext: string
  }
  for (const { key, iv, offset, plaintext, ciphertext } of goldenJson<Case[]>('aes-ctr')) {
    const cipher = new CtrCipher(base64(key), base64(iv))
    t.deepEqual(transformBytes(cipher.encryptor(offset), base64(plaintext)), base64(ciphertext))
    const range = { offset, length: undefined, total: undefined }
    t.deepEqual(transformBytes(cipher.decryptor(range), base64(ciphertext)), base64(plaintext))
  }
})

test('objects of other SDKs are read', async t => {
  for (const object of objects) {
    const stored = object.file === undefined ? base64(object.ciphertext as string) : goldenBytes(object.file)
    const headers = { ...object.objectHeaders, 'content-length': String(stored.length) }
    const transport = new RecordingClient({ status: 200, headers, body: stored })
    const client = encrypting(transport, { decryptMasterCiphers: [old] })
    const { body } = await client.getObject({ bucket: 'examplebucket', key: 'k' })
    const plain = await body!.bytes()
    t.is(sha256(plain), object.plaintextSha256, object.name)
  }
})

test("the official SDK's example is read", async t => {
  interface Example {
    privateKeyPkcs1Pem: string
    objectHeaders: Record<string, string>
    plaintextSha256: string
    file: string
  }
  const example = goldenJson<Example>('enc-example')
  const transport = new RecordingClient({
    status: 200,
    headers: example.objectHeaders,
    body: goldenBytes(example.file),
  })
  const client = encrypting(transport, {}, new MasterRsaCipher(null, undefined, example.privateKeyPkcs1Pem))
  const { body } = await client.getObject({ bucket: 'examplebucket', key: 'example.jpg' })
  t.is(sha256(await body!.bytes()), example.plaintextSha256)
})

test('objects are written as the reference writes them', async t => {
  for (const object of objects) {
    if (object.request === undefined || object.sent === undefined) continue
    const plain = object.plaintext === undefined ? ruled(object.plaintextLength) : base64(object.plaintext)
    for (const pem of [keys.main.publicKeyPem, keys.main.publicKeyPkcs1Pem]) {
      const transport = new RecordingClient()
      const client = encrypting(transport, {}, new MasterRsaCipher(object.matDesc, pem))
      const request = revive(object.request) as { bucket: string; key: string }
      await client.putObject({ ...request, ...(plain.length > 0 && { body: plain }) })
      const [sent] = transport.requests as [Recorded]
      const { host, path } = splitUrl(sent.url)
      t.deepEqual(
        { method: sent.method, host, path },
        {
          method: object.sent.method,
          host: object.sent.host,
          path: object.sent.path,
        },
      )
      compareSent(t, object.name, sent.headers, object.sent.headers)
      const [key, iv] = ['key', 'start'].map(name => unwrapped(sent.headers[cse + name] as string)) as [Buffer, Buffer]
      t.deepEqual([key.length, iv.length], [32, 16])
      t.is(iv.readUInt32BE(8), 0, 'the counter has room')
      t.deepEqual(createDecipheriv('aes-256-ctr', key, iv).update(sent.body ?? Buffer.alloc(0)), plain)
    }
  }
})

test('multipart uploads are those of the reference', async t => {
  interface Multipart {
    partSize: number
    dataSize: number
    contentKey: string
    contentIv: string
    plaintextSha256: string
    initiate: { request: Record<string, unknown>; query: [string, string][]; headers: Record<string, string> }
    parts: {
      partNumber: number
      offset: number
      length: number
      query: [string, string][]
      headers: Record<string, string>
      ciphertext: string
    }[]
    errors: { name: string; operation?: string; request: Record<string, unknown>; error: string; field?: string }[]
  }
  const golden = goldenJson<Multipart>('multipart')
  const plain = ruled(golden.dataSize, 5, 1, 253)
  t.is(sha256(plain), golden.plaintextSha256)
  const cipher = new CtrCipher(base64(golden.contentKey), base64(golden.contentIv))
  for (const { offset, length, ciphertext } of golden.parts) {
    const part = plain.subarray(offset, offset + length)
    t.deepEqual(transformBytes(cipher.encryptor(offset), part), base64(ciphertext))
  }

  const document = '<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>'
  const transport = new RecordingClient({ status: 200, body: document }, { status: 200 })
  const client = encrypting(transport)
  const started = await client.initiateMultipartUpload(golden.initiate.request as never)
  for (const { partNumber, offset, length } of golden.parts) {
    const body = plain.subarray(offset, offset + length)
    const upload = { bucket: 'examplebucket', key: 'mp', uploadId: 'U1' }
    await client.uploadPart({ ...upload, partNumber, body, cseMultipartContext: started.cseMultipartContext })
  }
  const [initiated, ...parts] = transport.requests as [Recorded, ...Recorded[]]
  compareSent(t, 'initiate', initiated.headers, golden.initiate.headers)
  t.deepEqual(splitUrl(initiated.url).query, golden.initiate.query)
  const [key, iv] = ['key', 'start'].map(name => unwrapped(initiated.headers[cse + name] as string)) as [Buffer, Buffer]
  t.deepEqual(
    Buffer.concat(parts.map(part => part.body as Buffer)),
    createCipheriv('aes-256-ctr', key, iv).update(plain),
  )
  for (const [index, part] of parts.entries()) {
    const expected = golden.parts[index] as Multipart['parts'][number]
    compareSent(t, `part ${index}`, part.headers, expected.headers)
    t.deepEqual(splitUrl(part.url).query, expected.query)
    t.is(part.headers[`${cse}key`], initiated.headers[`${cse}key`])
  }

  for (const { name, operation, request, error, field } of golden.errors) {
    const failing = new RecordingClient()
    const call = () =>
      operation === 'uploadPart'
        ? encrypting(failing).uploadPart(revive(request) as never)
        : encrypting(failing).initiateMultipartUpload(request as never)
    const thrown = await t.throwsAsync(call, { code: error === 'param-null' ? 'ParamRequired' : 'ParamInvalid' }, name)
    t.is((thrown as unknown as ParamInvalidError).field, field ?? 'csePartSize')
    t.is(failing.requests.length, 0)
  }
})

test('ranges are moved, and answered, as the reference does it', async t => {
  interface Range {
    file: string
    requestRange: string
    sent: { range: string; 'x-oss-range-behavior': string | null }
    result: { contentLength: number; contentRange: string; plaintextSha256: string }
  }
  for (const { file, requestRange, sent, result } of goldenJson<Range[]>('ranges')) {
    const service = new MemoryService()
    const { objectHeaders } = objects.find(object => object.file === file) as GoldenObject
    service.objects.set('k', { bytes: goldenBytes(file), headers: objectHeaders })
    const answer = await encrypting(service).getObject({ bucket: 'examplebucket', key: 'k', rangeHeader: requestRange })
    t.is(service.requests.length, 1)
    t.is(service.requests[0]?.headers.range, sent.range)
    t.is(
      service.requests[0]?.headers['x-oss-range-behavior'] as string | undefined,
      sent['x-oss-range-behavior'] ?? undefined,
    )
    t.is(answer.contentLength, result.contentLength)
    t.is(answer.contentRange, result.contentRange)
    t.is(sha256(await answer.body!.bytes()), result.plaintextSha256, requestRange)
  }
})

test('envelopes that cannot be used are refused with one error', async t => {
  interface Bad {
    name: string
    objectHeaders: Record<string, string>
    file: string
  }
  for (const { name, objectHeaders, file } of goldenJson<Bad[]>('bad-envelopes')) {
    const transport = new RecordingClient({ status: 200, headers: objectHeaders, body: goldenBytes(file) })
    const error = await t.throwsAsync(
      encrypting(transport).getObject({ bucket: 'examplebucket', key: 'k' }),
      { instanceOf: DecryptionError },
      name,
    )
    t.is(error?.message, new DecryptionError().message)
    t.is(error?.cause, undefined)
  }
  t.is(main.wrapAlgorithm, 'RSA/NONE/PKCS1Padding')
})
