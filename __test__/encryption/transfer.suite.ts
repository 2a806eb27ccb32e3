import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import { Client, DecryptionError, ParamInvalidError, UndiciHttpClient } from 'ferross'
import { EncryptionClient } from '#src/encryption/encryption-client.js'
import type { EncryptionClientOptions } from '#src/encryption/options.js'
import { crc64 } from '#src/native/checksum.js'
import { withFolder, withServer } from '../helpers/with-server.js'
import { cse, main, old, ruled } from './support.js'

const name = { bucket: 'bucket', key: 'dir/k' }
const partSize = 30 * 4096
const formats: EncryptionClientOptions[] = [{}, { format: 'sealed', segmentSize: 4096 }]

async function setUp(t: ExecutionContext, options: EncryptionClientOptions) {
  const { client: plainClient, server } = await withServer(t)
  await plainClient.putBucket({ bucket: 'bucket' })
  return { client: new EncryptionClient(plainClient, main, options), plainClient, server, folder: withFolder(t) }
}

/** The wrapped key that an object carries. */
async function wrappedKey(client: Client): Promise<string | undefined> {
  return (await client.headObject(name)).headers[`${cse}key`]
}

for (const options of formats) {
  const { format = 'ctr' } = options

  test(`${format}: files of all sizes go up and come down`, async t => {
    const { client, plainClient, folder } = await setUp(t, options)
    for (const size of [0, 1, 4096, partSize, partSize + 1, 2 * partSize, 5 * partSize + 12_345]) {
      const [from, to] = [join(folder, 'from'), join(folder, 'to')]
      writeFileSync(from, ruled(size))
      const seen: (number | undefined)[][] = []
      const onProgress = (...numbers: (number | undefined)[]) => seen.push(numbers)
      const sent = await client.uploader({ partSize }).uploadFile(name, from, { onProgress })
      if (size > 0) t.deepEqual(seen.at(-1)?.slice(1), [size, size])
      t.is((await client.headObject(name)).contentLength, size)
      t.is((await plainClient.headObject(name)).hashCrc64, sent.hashCrc64)
      t.true((await (await client.getObject(name)).body!.bytes()).equals(ruled(size)))
      const received = await client.downloader({ partSize }).downloadFile(name, to)
      t.is(received.written, size)
      t.is(sent.plainHashCrc64, crc64(ruled(size)).toString(), 'the checksum of the plaintext is kept')
      t.is(received.plainHashCrc64, sent.plainHashCrc64)
      t.true(readFileSync(to).equals(ruled(size)), `${size} bytes`)
      t.deepEqual(readdirSync(folder).sort(), ['from', 'to'])
    }
  })

  test(`${format}: ranges and streams come down too`, async t => {
    const { client, folder } = await setUp(t, options)
    const plain = ruled(4 * partSize + 99)
    await client.putObject({ ...name, body: plain })
    const ranges: [string | undefined, number, number][] = [
      [undefined, 0, plain.length],
      [`bytes=${partSize - 7}-${3 * partSize}`, partSize - 7, 3 * partSize + 1],
      ['bytes=-10', plain.length - 10, plain.length],
    ]
    for (const [rangeHeader, start, end] of ranges) {
      const request = rangeHeader === undefined ? name : { ...name, rangeHeader }
      const chunks: Buffer[] = []
      const writable = new WritableStream<Uint8Array>({ write: chunk => void chunks.push(Buffer.from(chunk)) })
      const received = await client.downloader({ partSize }).downloadTo(request, writable)
      t.is(received.plainHashCrc64, crc64(plain.subarray(start, end)).toString())
      t.true(Buffer.concat(chunks).equals(plain.subarray(start, end)))
      await client.downloader({ partSize }).downloadFile(request, join(folder, 'to'))
      t.true(readFileSync(join(folder, 'to')).equals(plain.subarray(start, end)))
    }
  })

  test(`${format}: streams go up, of known and unknown length`, async t => {
    const { client } = await setUp(t, options)
    for (const size of [0, 5, partSize, 3 * partSize + 1000, 2 ** 20, 2 ** 20 + 1, 2 ** 21]) {
      const plain = ruled(size)
      for (const source of [new Blob([plain]), Readable.from([plain.subarray(0, 3), plain.subarray(3)])]) {
        const sent = await client.uploader({ partSize }).uploadFrom(name, source)
        t.is(sent.plainHashCrc64, crc64(plain).toString())
        t.true((await (await client.getObject(name)).body!.bytes()).equals(plain), `${size} bytes`)
      }
    }
  })

  test(`${format}: an interrupted upload goes on under its key`, async t => {
    const { client, plainClient, server, folder } = await setUp(t, options)
    const path = join(folder, 'file')
    const plain = ruled(6 * partSize + 1)
    writeFileSync(path, plain)
    const resumable = { partSize, parallelNum: 1, enableCheckpoint: true }
    server.faults.add({ operation: 'UploadPart', partNumber: 4, status: 403, code: 'AccessDenied' })
    await t.throwsAsync(client.uploader(resumable).uploadFile(name, path), { code: 'AccessDenied' })
    const [journal = ''] = readdirSync(folder).filter(file => file.endsWith('.ferross-journal'))
    const text = readFileSync(join(folder, journal), 'utf8')
    const envelope = /client-side-encryption-key\\":\\"([^\\]+)/.exec(text)?.[1]
    t.truthy(envelope, 'the wrapped key is in the journal')
    const unwrapped = await main.decrypt(Buffer.from(envelope as string, 'base64'))
    t.is(unwrapped.length, 32)
    for (const form of ['base64', 'hex'] as const) t.false(text.includes(Buffer.from(unwrapped).toString(form)))

    const again = new EncryptionClient(plainClient, main, options).uploader(resumable)
    const { plainHashCrc64 } = await again.uploadFile(name, path)
    t.is(plainHashCrc64, crc64(plain).toString())
    t.is(await wrappedKey(plainClient), envelope)
    t.true((await (await client.getObject(name)).body!.bytes()).equals(plain))
    t.deepEqual(readdirSync(folder), ['file'])
  })

  test(`${format}: a file that changed gets another key`, async t => {
    for (const change of ['openly', 'in secret'] as const) {
      const { client, plainClient, server, folder } = await setUp(t, options)
      const path = join(folder, 'file')
      const [time, plain] = [new Date(1_700_000_000_000), ruled(6 * partSize + 1)]
      await writeFile(path, plain)
      utimesSync(path, time, time)
      const resumable = { partSize, parallelNum: 1, enableCheckpoint: true }
      server.faults.add({ operation: 'UploadPart', partNumber: 4, status: 403, code: 'AccessDenied' })
      await t.throwsAsync(client.uploader(resumable).uploadFile(name, path), { code: 'AccessDenied' })
      const [journal = ''] = readdirSync(folder).filter(file => file.endsWith('.ferross-journal'))
      const envelope = /client-side-encryption-key\\":\\"([^\\]+)/.exec(
        readFileSync(join(folder, journal), 'utf8'),
      )?.[1]
      plain[5 + partSize]! ^= 1
      await writeFile(path, plain)
      if (change === 'in secret') utimesSync(path, time, time)
      await client.uploader(resumable).uploadFile(name, path)
      t.not(await wrappedKey(plainClient), envelope)
      t.true((await (await client.getObject(name)).body!.bytes()).equals(plain))
      t.deepEqual((await plainClient.listMultipartUploads({ bucket: 'bucket' })).uploads, undefined)
      t.deepEqual(readdirSync(folder), ['file'])
    }
  })

  /** An upload that stopped before its fourth part and whose journal is gone. */
  async function lostUpload(t: ExecutionContext, plain: Buffer, uploading = options) {
    const { plainClient, server, folder } = await setUp(t, options)
    const path = join(folder, 'file')
    const time = new Date(1_700_000_000_000)
    writeFileSync(path, plain)
    utimesSync(path, time, time)
    const leaving = { partSize, parallelNum: 1, leavePartsOnError: true }
    server.faults.add({ operation: 'UploadPart', partNumber: 4, status: 403, code: 'AccessDenied' })
    const begun = new EncryptionClient(plainClient, main, uploading).uploader(leaving).uploadFile(name, path)
    await t.throwsAsync(begun, { code: 'AccessDenied' })
    const { uploads = [] } = await plainClient.listMultipartUploads({ bucket: 'bucket' })
    const uploadId = uploads[0]?.uploadId as string
    const { clientEncryptionKey } = await plainClient.listParts({ ...name, uploadId })
    t.truthy(clientEncryptionKey)
    const resume = (client = new EncryptionClient(plainClient, main, options), more = {}) =>
      client.uploader({ partSize: 10 * partSize }).resumeFile({ ...name, uploadId }, path, more)
    const check = async (content: Buffer, client = new EncryptionClient(plainClient, main, options)) => {
      t.true((await (await client.getObject(name)).body!.bytes()).equals(content))
      t.deepEqual((await plainClient.listMultipartUploads({ bucket: 'bucket' })).uploads, undefined)
      t.deepEqual(readdirSync(folder), ['file'])
    }
    return { plainClient, server, folder, path, time, uploadId, wrapped: clientEncryptionKey, resume, check }
  }

  test(`${format}: an upload whose journal is lost goes on from what the service lists`, async t => {
    const plain = ruled(6 * partSize + 1)
    const { plainClient, folder, server, wrapped, resume, check } = await lostUpload(t, plain)
    server.faults.add({ operation: 'UploadPart', partNumber: 6, status: 403, code: 'AccessDenied' })
    const seen: number[] = []
    const onProgress = (_increment: number, transferred: number) => seen.push(transferred)
    await t.throwsAsync(resume(undefined, { parallelNum: 1, onProgress }), { code: 'AccessDenied' })
    t.true((seen[0] as number) >= 3 * partSize, 'what was there was not sent again')
    t.is(readdirSync(folder).length, 2, 'there is a journal again')
    await resume()
    t.is(await wrappedKey(plainClient), wrapped)
    await check(plain)
  })

  test(`${format}: without a journal a changed file gets another key`, async t => {
    // Among the bytes that were sent, with nothing else to show it; and among those that were not.
    for (const [place, secret] of [
      [5 + partSize, true],
      [5 * partSize, false],
    ] as const) {
      const plain = ruled(6 * partSize + 1)
      const { plainClient, path, time, wrapped, resume, check } = await lostUpload(t, plain)
      plain[place]! ^= 1
      writeFileSync(path, plain)
      if (secret) utimesSync(path, time, time)
      await resume()
      t.not(await wrappedKey(plainClient), wrapped)
      await check(plain)
    }
  })

  test(`${format}: the envelope of another version, listed in place of the upload's own, is not used`, async t => {
    // As a service does that hopes for two plaintexts under one key: parts that are alike vouch for the wrong key.
    const { client, plainClient, folder } = await setUp(t, options)
    const path = join(folder, 'file')
    const plain = ruled(3 * partSize)
    writeFileSync(path, plain)
    await client.uploader({ partSize }).uploadFile(name, path)
    const before = await plainClient.headObject(name)
    const metadata = Object.fromEntries(
      Object.entries(before.headers)
        .filter(([header]) => header.startsWith(cse))
        .map(([header, value]) => [header.replace('x-oss-meta-', ''), value]),
    )
    const storedPartSize = Number(before.headers[`${cse}part-size`])
    const { body } = await plainClient.getObject({ ...name, rangeHeader: `bytes=0-${storedPartSize - 1}` })
    const { uploadId = '' } = await plainClient.initiateMultipartUpload({ ...name, metadata })
    await plainClient.uploadPart({ ...name, uploadId, partNumber: 1, body: await body!.bytes() })
    plain[2 * partSize]! ^= 1
    writeFileSync(path, plain)
    await client.uploader({ partSize }).resumeFile({ ...name, uploadId }, path)
    t.not(await wrappedKey(plainClient), before.headers[`${cse}key`])
    t.true((await (await client.getObject(name)).body!.bytes()).equals(plain))
  })

  test(`${format}: what does not fit an upload without journal begins anew`, async t => {
    const plain = ruled(6 * partSize + 1)
    const other = format === 'sealed' ? {} : ({ format: 'sealed', segmentSize: 4096 } as const)
    for (const uploading of [options, other, { ...options, segmentSize: 8192, bindLocation: false }]) {
      if (format === 'ctr' && uploading.segmentSize === 8192) continue
      const { plainClient, wrapped, resume, check } = await lostUpload(t, plain, uploading)
      const client = uploading === options ? new EncryptionClient(plainClient, old, options) : undefined
      await resume(client)
      t.not(await wrappedKey(plainClient), wrapped)
      await check(plain, client)
    }
    const { plainClient, path, folder, uploadId, resume, check } = await lostUpload(t, plain)
    await plainClient.abortMultipartUpload({ ...name, uploadId })
    await resume()
    await check(plain)
    const { uploadId: bare = '' } = await plainClient.initiateMultipartUpload(name)
    const uploader = new EncryptionClient(plainClient, main, options).uploader({ partSize })
    const call = uploader.resumeFile({ ...name, uploadId: bare }, path)
    t.is((await t.throwsAsync(call, { instanceOf: ParamInvalidError })).field, 'uploadId')
    t.deepEqual((await plainClient.listMultipartUploads({ bucket: 'bucket' })).uploads?.length, 1, 'it stays')
    await t.throwsAsync(uploader.resumeFile(name as never, path), { code: 'ParamRequired' })
    t.deepEqual(readdirSync(folder), ['file'])
  })

  test(`${format}: an upload begun under another master key begins anew`, async t => {
    const { client, plainClient, server, folder } = await setUp(t, options)
    const path = join(folder, 'file')
    writeFileSync(path, ruled(3 * partSize))
    const resumable = { partSize, parallelNum: 1, enableCheckpoint: true }
    server.faults.add({ operation: 'UploadPart', partNumber: 2, status: 403, code: 'AccessDenied' })
    await t.throwsAsync(client.uploader(resumable).uploadFile(name, path), { code: 'AccessDenied' })
    const other = new EncryptionClient(plainClient, old, options)
    await other.uploader(resumable).uploadFile(name, path)
    t.true((await (await other.getObject(name)).body!.bytes()).equals(ruled(3 * partSize)))
  })

  test(`${format}: an interrupted download goes on, and is verified if asked`, async t => {
    for (const verifyData of [false, true]) {
      const { client, server, folder } = await setUp(t, options)
      const [path, plain] = [join(folder, 'file'), ruled(6 * partSize + 1)]
      await client.putObject({ ...name, body: plain })
      const resumable = { partSize, parallelNum: 1, enableCheckpoint: true, verifyData }
      server.faults.add({ operation: 'GetObject', nth: 4, status: 403, code: 'AccessDenied' })
      await t.throwsAsync(client.downloader(resumable).downloadFile(name, path), { code: 'AccessDenied' })
      t.is(readdirSync(folder).length, 2)
      let moved = 0
      const onProgress = (increment: number) => (moved += increment)
      let first: number | undefined
      const { plainHashCrc64 } = await client.downloader(resumable).downloadFile(name, path, {
        onProgress: increment => {
          first ??= increment
          onProgress(increment)
        },
      })
      t.is(moved, plain.length)
      t.is(plainHashCrc64, crc64(plain).toString())
      t.true((first as number) >= 2 * partSize, 'what was there was not fetched again')
      t.true(readFileSync(path).equals(plain))
      t.deepEqual(readdirSync(folder), ['file'])
    }
  })

  test(`${format}: damage on the way is noticed, in both directions`, async t => {
    const { client, server, folder } = await setUp(t, options)
    const path = join(folder, 'file')
    writeFileSync(path, ruled(3 * partSize))
    server.faults.add({ operation: 'UploadPart', partNumber: 2, corruptRequestByte: 77 })
    await client.uploader({ partSize }).uploadFile(name, path)
    server.faults.add({ operation: 'GetObject', nth: 2, corruptResponseByte: 77 })
    const error = await t.throwsAsync(client.downloader({ partSize }).downloadFile(name, join(folder, 'to')))
    t.is((error as { code?: string }).code, format === 'sealed' ? 'Decryption' : 'Inconsistent')
    t.deepEqual(readdirSync(folder), ['file'])
    await client.downloader({ partSize }).downloadFile(name, join(folder, 'to'))
    t.true(readFileSync(join(folder, 'to')).equals(ruled(3 * partSize)))
  })

  test(`${format}: a connection that breaks is taken up again`, async t => {
    const { client, server, folder } = await setUp(t, options)
    const plain = ruled(9 * partSize)
    await client.putObject({ ...name, body: plain })
    for (const nth of [1, 2, 3]) server.faults.add({ operation: 'GetObject', nth, cutResponseAfterBytes: 50_001 * nth })
    const to = join(folder, 'to')
    await client.downloader({ partSize: 3 * partSize }).downloadFile(name, to)
    t.true(readFileSync(to).equals(plain))
  })
}

test('every part carries the envelope', async t => {
  const { client, server, folder } = await setUp(t, {})
  const path = join(folder, 'file')
  writeFileSync(path, ruled(2 * partSize))
  const seen: Record<string, string>[] = []
  const transport = new UndiciHttpClient()
  t.teardown(() => transport.close())
  const recorded = new Client({
    endpoint: server.endpoint,
    region: server.region,
    credentialsProvider: { getCredentials: () => server.credentials },
    httpClient: {
      async send(request) {
        if (request.url.includes('partNumber=')) seen.push({ ...request.headers })
        return transport.send(request)
      },
    },
  })
  await new EncryptionClient(recorded, main).uploader({ partSize }).uploadFile(name, path)
  const { headers } = await client.headObject(name)
  t.is(seen.length, 2)
  for (const sent of seen) {
    for (const field of ['key', 'start', 'cek-alg', 'wrap-alg', 'matdesc', 'part-size', 'data-size']) {
      t.is(sent[cse + field], headers[cse + field], field)
    }
  }
  t.is(headers[`${cse}part-size`], String(partSize))
  t.is(headers[`${cse}data-size`], String(2 * partSize))
})

test('a sealed object that was changed is not downloaded', async t => {
  const { client, plainClient, folder } = await setUp(t, { format: 'sealed', segmentSize: 4096 })
  await client.putObject({ ...name, body: ruled(3 * partSize) })
  const { headers } = await plainClient.headObject(name)
  const stored = await (await plainClient.getObject(name)).body!.bytes()
  const metadata = Object.fromEntries(
    Object.entries(headers)
      .filter(([header]) => header.startsWith(cse))
      .map(([header, value]) => [header.replace('x-oss-meta-', ''), value]),
  )
  const cut = [stored.subarray(0, 4112), stored.subarray(0, 16), stored.subarray(0, stored.length - 1), Buffer.alloc(0)]
  for (const body of cut) {
    await plainClient.putObject({ ...name, metadata, body })
    const call = client.downloader({ partSize }).downloadFile(name, join(folder, 'to'))
    await t.throwsAsync(call, { instanceOf: DecryptionError }, `${body.length} bytes`)
    t.deepEqual(readdirSync(folder), [])
  }
  await plainClient.putObject({ ...name, body: ruled(9) })
  await t.throwsAsync(client.downloader().downloadFile(name, join(folder, 'to')), { instanceOf: DecryptionError })
  const reading = new EncryptionClient(plainClient, main)
  await reading.downloader().downloadFile(name, join(folder, 'to'))
  t.true(readFileSync(join(folder, 'to')).equals(ruled(9)), 'what is not encrypted comes as it is')
})

test('part sizes must suit the format', async t => {
  const { client, plainClient, folder } = await setUp(t, {})
  t.is(t.throws(() => client.uploader({ partSize: 102_408 }), { instanceOf: ParamInvalidError }).field, 'partSize')
  t.is(t.throws(() => client.uploader({ nothing: 1 } as never), { instanceOf: ParamInvalidError }).field, 'nothing')
  const sealed = new EncryptionClient(plainClient, main, { format: 'sealed' })
  const call = sealed.uploader().uploadFile(name, join(folder, 'none'), { partSize: 102_400 })
  t.is((await t.throwsAsync(call, { instanceOf: ParamInvalidError })).field, 'partSize')
})
