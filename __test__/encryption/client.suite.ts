import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import test from 'ava'
import fc from 'fast-check'
import {
  DecryptionError,
  FileBody,
  type HttpClient,
  InconsistentError,
  ParamInvalidError,
  ParamRequiredError,
} from 'ferross'
import { EncryptionClient } from '#src/encryption/encryption-client.js'
import type { EncryptionMultipartContext } from '#src/encryption/multipart-context.js'
import type { EncryptionClientOptions } from '#src/encryption/options.js'
import { withFolder, withServer } from '../helpers/with-server.js'
import { cse, encrypting, MemoryService, main, old, ruled } from './support.js'

const at = { bucket: 'examplebucket', key: 'k' }
const formats: EncryptionClientOptions[] = [{}, { format: 'sealed', segmentSize: 4096 }]
const nameOf = ({ format = 'ctr' }: EncryptionClientOptions) => format
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('base64')

for (const options of formats) {
  const name = nameOf(options)

  test(`${name}: bodies of every kind and size come back`, async t => {
    const folder = withFolder(t)
    for (const size of [0, 1, 15, 16, 17, 4095, 4096, 4097, 8192, 100_000, 3_000_000]) {
      const plain = ruled(size)
      const path = join(folder, String(size))
      writeFileSync(path, plain)
      const chunks = [plain.subarray(0, size >> 1), plain.subarray(size >> 1)]
      const bodies = [
        plain,
        plain.buffer.slice(plain.byteOffset, plain.byteOffset + size) as ArrayBuffer,
        new Blob([plain]),
        new FileBody(path),
        Readable.from(chunks, { objectMode: false }),
        chunks,
      ]
      for (const body of bodies) {
        const service = new MemoryService()
        const client = encrypting(service, options)
        await client.putObject({ ...at, body })
        const stored = service.object()
        if (size > 16) t.false(stored.bytes.subarray(0, 16).equals(plain.subarray(0, 16)))
        const answer = await client.getObject(at)
        t.is(answer.contentLength, size)
        t.true((await answer.body!.bytes()).equals(plain), `${size} bytes`)
        t.is((await client.headObject(at)).contentLength, size)
      }
    }
  })

  test(`${name}: memory that a stream uses again does no harm`, async t => {
    const memory = Buffer.alloc(5000)
    async function* reusing() {
      for (let i = 0; i < 9; i++) yield memory.fill(i)
    }
    const client = encrypting(new MemoryService(), options)
    await client.putObject({ ...at, body: reusing() })
    const plain = await (await client.getObject(at)).body!.bytes()
    t.true(plain.equals(Buffer.concat(Array.from({ length: 9 }, (_, i) => Buffer.alloc(5000, i)))))
  })

  test(`${name}: any range gives those bytes of the plaintext`, async t => {
    const service = new MemoryService()
    const client = encrypting(service, options)
    const size = 20_011
    const plain = ruled(size)
    await client.putObject({ ...at, body: plain })
    const position = fc.oneof(fc.nat(size + 50), fc.constantFrom(0, 1, 15, 16, 4095, 4096, 8191, 8192, size - 1, size))
    const range = fc.oneof(
      fc.tuple(position, position).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
      position.map(start => [start, undefined] as const),
      position.map(suffix => [undefined, suffix] as const),
    )
    await fc.assert(
      fc.asyncProperty(range, async ([first, last]) => {
        const request = { ...at, rangeHeader: `bytes=${first ?? ''}-${last ?? ''}`, rangeBehavior: 'standard' }
        const start = first ?? Math.max(0, size - (last as number))
        const end = first === undefined || last === undefined ? size - 1 : Math.min(last, size - 1)
        if (start > end) {
          await t.throwsAsync(client.getObject(request))
          return
        }
        const answer = await client.getObject(request)
        t.is(answer.contentRange, `bytes ${start}-${end}/${size}`)
        t.is(answer.contentLength, end - start + 1)
        t.true((await answer.body!.bytes()).equals(plain.subarray(start, end + 1)))
      }),
      { numRuns: 150 },
    )
  })

  test(`${name}: clients of the other format read it too, ranges included`, async t => {
    const service = new MemoryService()
    await encrypting(service, options).putObject({ ...at, body: ruled(30_000) })
    for (const other of [{}, { format: 'sealed', accept: 'any', segmentSize: 8192 }] as EncryptionClientOptions[]) {
      for (const [rangeHeader, plain] of [
        ['bytes=5000-20000', ruled(30_000).subarray(5000, 20_001)],
        ['bytes=-9', ruled(30_000).subarray(29_991)],
      ] as const) {
        const { body } = await encrypting(service, other).getObject({ ...at, rangeHeader })
        t.true((await body!.bytes()).equals(plain))
      }
    }
  })

  test(`${name}: each object, and each attempt, has a key of its own`, async t => {
    const folder = withFolder(t)
    const path = join(folder, 'file')
    writeFileSync(path, ruled(2_000_000))
    const service = new MemoryService()
    const envelopes: string[] = []
    const flaky: HttpClient = {
      async send(request) {
        const { statusCode, headers, body } = await service.send(request)
        envelopes.push(`${request.headers[`${cse}key`]} ${request.headers[`${cse}start`]}`)
        if (envelopes.length > 2) return { statusCode, headers, body }
        await appendFile(path, 'more')
        return { statusCode: 503, headers: {}, body: Readable.from([]) }
      },
    }
    const client = encrypting(flaky, options)
    await client.putObject({ ...at, body: new FileBody(path) }, { retryer: instantly })
    t.is(new Set(envelopes).size, 3)
    const plain = await (await encrypting(service, options).getObject(at)).body!.bytes()
    t.true(plain.equals(Buffer.concat([ruled(2_000_000), Buffer.from('moremore')])))
  })

  test(`${name}: a stream is sent once only`, async t => {
    let count = 0
    const failing: HttpClient = {
      async send({ body }) {
        count++
        if (body && !(body instanceof Uint8Array)) for await (const _ of body);
        return { statusCode: 503, headers: {}, body: Readable.from([]) }
      },
    }
    const client = encrypting(failing, options)
    await t.throwsAsync(client.putObject({ ...at, body: Readable.from(['x']) }, { retryer: instantly }))
    t.is(count, 1)
    await t.throwsAsync(client.putObject({ ...at, body: 'x' }, { retryer: instantly }), { message: /./ })
    t.is(count, 4)
  })

  test(`${name}: statements about the plaintext are checked and stored`, async t => {
    const plain = ruled(2_500_000)
    const service = new MemoryService()
    const client = encrypting(service, options)
    const request = { ...at, contentLength: plain.length, contentMd5: md5(plain) }
    for (const body of [plain, Readable.from([plain.subarray(0, 9), plain.subarray(9)])]) {
      await client.putObject({ ...request, body })
      t.is(service.object().headers[`${cse}unencrypted-content-length`], String(plain.length))
      t.is(service.object().headers[`${cse}unencrypted-content-md5`], md5(plain))
    }
    service.objects.clear()
    for (const wrong of [{ contentLength: 2_500_001 }, { contentMd5: md5(Buffer.from('other')) }]) {
      for (const body of [plain, Readable.from([plain])]) {
        const call = client.putObject({ ...request, ...wrong, body })
        await t.throwsAsync(call, { instanceOf: ParamInvalidError })
      }
    }
    t.is(service.objects.size, 0)
  })

  test(`${name}: multipart uploads work, parts in any order`, async t => {
    const { client: plainClient } = await withServer(t)
    await plainClient.putBucket({ bucket: 'bucket' })
    const client = new EncryptionClient(plainClient, main, options)
    const name = { bucket: 'bucket', key: 'dir/parts' }
    const partSize = 26 * 4096
    const plain = ruled(3 * partSize + 777)
    const sizes = { csePartSize: partSize, cseDataSize: plain.length }
    const { uploadId = '', cseMultipartContext } = await client.initiateMultipartUpload({ ...name, ...sizes })
    const parts: { partNumber: number; etag?: string | undefined }[] = []
    for (const partNumber of [4, 2, 1, 3, 2]) {
      const body = plain.subarray((partNumber - 1) * partSize, partNumber * partSize)
      const source = partNumber === 2 ? Readable.from([body]) : body
      const part = { ...name, uploadId, partNumber, cseMultipartContext }
      const { etag } = await client.uploadPart({ ...part, body: source, contentMd5: md5(body) })
      if (!parts.some(part => part.partNumber === partNumber)) parts.push({ partNumber, etag })
    }
    parts.sort((a, b) => a.partNumber - b.partNumber)
    const listed = await client.listParts({ ...name, uploadId })
    t.is(listed.parts?.length, 4)
    t.is(listed.clientEncryptionCekAlg, options.format === 'sealed' ? 'FERROSS/SEALED/1' : 'AES/CTR/NoPadding')
    t.true(Number(listed.clientEncryptionDataSize) >= plain.length, 'the envelope comes with the parts')
    await client.completeMultipartUpload({ ...name, uploadId, completeMultipartUpload: { parts } })
    const { body } = await client.getObject(name)
    t.true((await body!.bytes()).equals(plain))
    const { contentLength, etag } = await client.getObjectMeta(name)
    t.is(contentLength, listed.clientEncryptionDataSize, 'the length as stored')
    t.is(etag, (await client.unwrap().headObject(name)).etag)
    const rangeHeader = `bytes=${partSize - 5}-${2 * partSize + 5}`
    const ranged = await client.getObject({ ...name, rangeHeader })
    t.true((await ranged.body!.bytes()).equals(plain.subarray(partSize - 5, 2 * partSize + 6)))
  })

  test(`${name}: parts that would garble the object, or reuse its key, are refused`, async t => {
    const { client: plainClient } = await withServer(t)
    await plainClient.putBucket({ bucket: 'bucket' })
    const client = new EncryptionClient(plainClient, main, options)
    const name = { bucket: 'bucket', key: 'k' }
    const partSize = 25 * 4096
    const sizes = { csePartSize: partSize, cseDataSize: partSize + 5 }
    const { uploadId = '', cseMultipartContext } = await client.initiateMultipartUpload({ ...name, ...sizes })
    const part = { ...name, uploadId, cseMultipartContext }
    const send = (partNumber: number, body: Buffer, more = {}) =>
      client.uploadPart({ ...part, partNumber, body, ...more })
    await send(1, ruled(partSize))
    await send(1, ruled(partSize))
    const wrong: [string, () => Promise<unknown>][] = [
      ['body', () => send(1, ruled(partSize, 5))],
      ['body', () => send(1, ruled(partSize - 16))],
      ['body', () => send(2, ruled(partSize + 1))],
      ['body', () => send(2, ruled(6))],
      ['partNumber', () => send(3, ruled(1))],
      ['partNumber', () => send(0, ruled(partSize))],
      ['contentMd5', () => send(2, ruled(5), { contentMd5: md5(ruled(4)) })],
      ['contentLength', () => send(2, ruled(5), { contentLength: 4 })],
      ['cseMultipartContext', () => send(2, ruled(5), { uploadId: 'other' })],
      ['cseMultipartContext', () => send(2, ruled(5), { cseMultipartContext: {} })],
    ]
    for (const [field, call] of wrong) t.is((await t.throwsAsync(call, { instanceOf: ParamInvalidError })).field, field)
    const context = cseMultipartContext as EncryptionMultipartContext
    context[Symbol.dispose]()
    await t.throwsAsync(send(2, ruled(5)), { instanceOf: ParamInvalidError })
    await client.abortMultipartUpload({ ...name, uploadId })
  })

  test(`${name}: damage on the way up is noticed and sent again`, async t => {
    const { client: plainClient, server } = await withServer(t)
    await plainClient.putBucket({ bucket: 'bucket' })
    const client = new EncryptionClient(plainClient, main, options)
    server.faults.add({ operation: 'PutObject', corruptRequestByte: 99 })
    await client.putObject({ bucket: 'bucket', key: 'k', body: ruled(5000) })
    t.true((await (await client.getObject({ bucket: 'bucket', key: 'k' })).body!.bytes()).equals(ruled(5000)))
  })

  test(`${name}: damage on the way down is noticed`, async t => {
    const service = new MemoryService()
    const client = encrypting(service, options)
    await client.putObject({ ...at, body: ruled(50_000) })
    const damaging: HttpClient = {
      async send(request) {
        const answer = await service.send(request)
        const bytes = Buffer.concat(await answer.body.toArray())
        bytes[49_000]! ^= 1
        return { ...answer, body: Readable.from([bytes]) }
      },
    }
    const { body } = await encrypting(damaging, options).getObject(at)
    const error = await t.throwsAsync(body!.bytes())
    t.true(error instanceof InconsistentError || error instanceof DecryptionError)
  })

  test(`${name}: files are read from any position`, async t => {
    const { client: plainClient } = await withServer(t)
    await plainClient.putBucket({ bucket: 'bucket' })
    const client = new EncryptionClient(plainClient, main, options)
    const plain = ruled(300_001)
    await client.putObject({ bucket: 'bucket', key: 'k', body: plain })
    await using file = await client.openFile('bucket', 'k', {
      enablePrefetch: true,
      chunkSize: 50_000,
      prefetchThreshold: 0,
    })
    t.is(file.size, plain.length)
    t.true((await file.read()).equals(plain))
    for (const position of [0, 5, 4096, 123_457, 300_000]) {
      await file.seek(position)
      t.true((await file.read(70_001)).equals(plain.subarray(position, position + 70_001)))
    }
    await client.putObject({ bucket: 'bucket', key: 'empty' })
    await using empty = await client.openFile('bucket', 'empty')
    t.is((await empty.read()).length, 0)
  })

  test(`${name}: a body that nobody reads to its end closes its connection`, async t => {
    const { client: plainClient } = await withServer(t)
    await plainClient.putBucket({ bucket: 'bucket' })
    const client = new EncryptionClient(plainClient, main, options)
    await client.putObject({ bucket: 'bucket', key: 'k', body: ruled(5_000_000) })
    for (let i = 0; i < 30; i++) {
      const { body } = await client.getObject({ bucket: 'bucket', key: 'k' })
      for await (const chunk of body!) {
        t.true(chunk.length > 0)
        break
      }
      t.true(body!.destroyed)
    }
  })

  test(`${name}: progress counts plaintext`, async t => {
    const service = new MemoryService()
    const client = encrypting(service, options)
    const seen: (number | undefined)[][] = []
    const onProgress = (...numbers: (number | undefined)[]) => seen.push(numbers)
    await client.putObject({ ...at, body: ruled(3_000_000) }, { onProgress })
    t.deepEqual(seen.at(-1)?.slice(1), [3_000_000, 3_000_000])
    await (await client.getObject(at, { onProgress })).body!.bytes()
    t.deepEqual(seen.at(-1)?.slice(1), [3_000_000, 3_000_000])
    await (await client.getObject({ ...at, rangeHeader: 'bytes=7-16' }, { onProgress })).body!.bytes()
    t.deepEqual(seen.at(-1)?.slice(1), [10, 10])
  })
}

const instantly = { maxAttempts: 3, isRetryable: () => true, delay: () => 0 }

test('objects that are not encrypted pass through, unless that is not wanted', async t => {
  const service = new MemoryService()
  await encrypting(service)
    .unwrap()
    .putObject({ ...at, body: ruled(100) })
  const client = encrypting(service)
  t.true((await (await client.getObject(at)).body!.bytes()).equals(ruled(100)))
  const { body, contentRange } = await client.getObject({ ...at, rangeHeader: 'bytes=21-40' })
  t.true((await body!.bytes()).equals(ruled(100).subarray(21, 41)))
  t.is(contentRange, 'bytes 21-40/100')
  for (const accept of ['encrypted', 'sealed'] as const) {
    await t.throwsAsync(encrypting(service, { accept }).getObject(at), { instanceOf: DecryptionError })
    await t.throwsAsync(encrypting(service, { accept }).openFile('examplebucket', 'k'), { instanceOf: DecryptionError })
  }
})

test('the master key is chosen by its description, compared as JSON', async t => {
  const service = new MemoryService()
  await encrypting(service, {}, old).putObject({ ...at, body: 'text' })
  const client = encrypting(service, { decryptMasterCiphers: [old] })
  const { headers } = service.object()
  for (const matdesc of ['{"key":"old"}', '{ "key" : "\\u006fld" }']) {
    headers[`${cse}matdesc`] = matdesc
    t.is(await (await client.getObject(at)).body!.text(), 'text')
  }
  for (const matdesc of ['{"key":"other"}', 'old', '']) {
    headers[`${cse}matdesc`] = matdesc
    await t.throwsAsync(client.getObject(at), { instanceOf: DecryptionError }, matdesc)
  }
})

test('any change of the envelope is an error, never plaintext of another kind', async t => {
  for (const options of [{}, { format: 'sealed', accept: 'any' }] as EncryptionClientOptions[]) {
    const service = new MemoryService()
    const client = encrypting(service, options)
    const plain = ruled(40)
    await client.putObject({ ...at, body: plain })
    const stored = service.object()
    const headers = { ...stored.headers }
    for (const name of ['key', 'start', 'cek-alg', 'wrap-alg']) {
      const value = headers[cse + name] as string
      const step = Math.ceil(value.length / 60)
      for (let i = 0; i < value.length; i += step) {
        const changed = value.slice(0, i) + (value[i] === 'A' ? 'B' : 'A') + value.slice(i + 1)
        service.objects.set('k', { ...stored, headers: { ...headers, [cse + name]: changed } })
        const outcome = await client
          .getObject(at)
          .then(answer => answer.body!.bytes())
          .catch(error => error)
        // Noise of exactly the right length may come out of a damaged key of the compatible format: garbage, not an error.
        if (outcome instanceof Buffer) t.false(outcome.equals(plain))
        else t.true(outcome instanceof DecryptionError, `${name} ${i}: ${outcome}`)
        if (options.format === 'sealed') t.true(outcome instanceof DecryptionError)
      }
      for (const changed of ['', value.slice(4), `${value}AAAA`, `${value} `]) {
        service.objects.set('k', { ...stored, headers: { ...headers, [cse + name]: changed } })
        await t.throwsAsync(client.getObject(at), { instanceOf: DecryptionError }, `${name}: ${changed}`)
      }
    }
  }
})

test('wrong options are refused by name', t => {
  const client = encrypting(new MemoryService()).unwrap()
  const cases: [string, () => unknown][] = [
    ['client', () => new EncryptionClient({} as never, main)],
    ['masterCipher', () => new EncryptionClient(client, {} as never)],
    ['options', () => new EncryptionClient(client, main, null as never)],
    ['sealed', () => new EncryptionClient(client, main, { sealed: true } as never)],
    ['format', () => new EncryptionClient(client, main, { format: 'gcm' as never })],
    ['accept', () => new EncryptionClient(client, main, { accept: 'none' as never })],
    ['bindLocation', () => new EncryptionClient(client, main, { bindLocation: 1 as never })],
    ['segmentSize', () => new EncryptionClient(client, main, { segmentSize: 5000 })],
    ['segmentSize', () => new EncryptionClient(client, main, { segmentSize: 2048 })],
    ['decryptMasterCiphers', () => new EncryptionClient(client, main, { decryptMasterCiphers: {} as never })],
    ['decryptMasterCiphers[1]', () => new EncryptionClient(client, main, { decryptMasterCiphers: [old, {} as never] })],
  ]
  for (const [field, call] of cases) t.is(t.throws(call, { instanceOf: ParamInvalidError }).field, field)
})

test('a sealed multipart upload needs its length', async t => {
  const client = encrypting(new MemoryService(), { format: 'sealed' })
  const error = await t.throwsAsync(client.initiateMultipartUpload({ ...at, csePartSize: 65_536 }), {
    instanceOf: ParamRequiredError,
  })
  t.is(error.field, 'cseDataSize')
  const calls = [65_536 + 16, 16, 0].map(csePartSize =>
    client.initiateMultipartUpload({ ...at, csePartSize, cseDataSize: 5 }),
  )
  for (const call of calls) t.is((await t.throwsAsync(call, { instanceOf: ParamInvalidError })).field, 'csePartSize')
})

test('a master cipher may answer later, and its own errors arrive as they are', async t => {
  const service = new MemoryService()
  const mask = 0x5a
  const flip = async (data: Uint8Array) => data.map(byte => byte ^ mask)
  const cipher = { wrapAlgorithm: 'TEST/XOR', matDesc: '', encrypt: flip, decrypt: flip }
  const plainClient = encrypting(service).unwrap()
  const client = new EncryptionClient(plainClient, cipher)
  await client.putObject({ ...at, body: 'text' })
  t.is(await (await client.getObject(at)).body!.text(), 'text')
  const down = new Error('the key service is down')
  const broken = { ...cipher, decrypt: () => Promise.reject(down) }
  t.is(await t.throwsAsync(new EncryptionClient(plainClient, broken).getObject(at)), down)
  const other = new EncryptionClient(plainClient, main)
  await t.throwsAsync(other.getObject(at), { instanceOf: DecryptionError })
})
