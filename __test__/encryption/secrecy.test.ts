import { inspect } from 'node:util'
import test from 'ava'
import { DecryptionError, ParamInvalidError, ParamRequiredError, StaticCredentialsProvider } from 'ferross'
import { CtrCipher } from '#src/encryption/ctr-cipher.js'
import { MasterRsaCipher } from '#src/encryption/master-rsa-cipher.js'
import { SealedCipher } from '#src/encryption/sealed-cipher.js'
import { RecordingClient } from '../helpers/golden.js'
import { cse, encrypting, keys, MemoryService, main, old } from './support.js'

const views = (value: unknown) => [
  inspect(value),
  inspect(value, { showHidden: true, depth: 10, customInspect: false }),
  String(JSON.stringify(value)),
  `${value}`,
]

test('nothing that is shown of clients, ciphers and contexts holds a secret', async t => {
  const document = '<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>'
  const [key, iv] = [new Uint8Array(32).fill(0xab), new Uint8Array(16).fill(0xab)]
  const shown: string[] = []
  for (const format of ['ctr', 'sealed'] as const) {
    const client = encrypting(new RecordingClient({ status: 200, body: document }), { format })
    const name = { bucket: 'bucket', key: 'k' }
    const sizes = { csePartSize: 65_536, cseDataSize: 100_000 }
    const { cseMultipartContext } = await client.initiateMultipartUpload({ ...name, ...sizes })
    shown.push(...views(client), ...views(cseMultipartContext))
  }
  const client = encrypting(new MemoryService(), { decryptMasterCiphers: [old] })
  await client.putObject({ bucket: 'bucket', key: 'k', body: 'text' })
  await using file = await client.openFile('bucket', 'k')
  shown.push(...views(client.uploader()), ...views(client.downloader()), ...views(file), ...views(client.unwrap()))
  shown.push(...views(new StaticCredentialsProvider('id', 'a-secret', 'a-token')))
  shown.push(...views(main), ...views(new CtrCipher(key, iv)))
  shown.push(...views(new SealedCipher({ segmentKey: key, segmentSize: 4096 })))
  const secrets = [
    keys.main.privateKeyPem.slice(100, 130),
    keys.old.privateKeyPem.slice(100, 130),
    'PRIVATE',
    'a-secret',
    'a-token',
    'abab',
    'ab ab',
    '171, 171',
    '"sk"',
    "'sk'",
  ]
  for (const text of shown) for (const secret of secrets) t.false(text.includes(secret), `${secret} in ${text}`)
  t.true(inspect(main).includes('matDesc'))
})

test('an object that cannot be decrypted gives an error that holds neither keys nor the wrapped key', async t => {
  for (const format of ['ctr', 'sealed'] as const) {
    const service = new MemoryService()
    await encrypting(service, { format }, old).putObject({ bucket: 'bucket', key: 'k', body: 'text' })
    const wrapped = service.object().headers[`${cse}key`] as string
    service.object().headers[`${cse}matdesc`] = main.matDesc
    const error = await t.throwsAsync(encrypting(service, { format }).getObject({ bucket: 'bucket', key: 'k' }), {
      instanceOf: DecryptionError,
    })
    for (const text of [...views(error), error.stack ?? '']) {
      for (const secret of [wrapped, wrapped.slice(0, 20), 'PRIVATE']) t.false(text.includes(secret), text)
    }
  }
})

test('keys are wiped with their ciphers', t => {
  const [key, iv, other] = [new Uint8Array(32).fill(1), new Uint8Array(16).fill(1), new Uint8Array(32).fill(1)]
  new CtrCipher(key, iv).destroy()
  new SealedCipher({ segmentKey: other, segmentSize: 4096 }).destroy()
  t.deepEqual([...key, ...iv, ...other], Array(80).fill(0))
})

test('what is given to a master cipher, and what it gives, is wiped', async t => {
  const seen: Uint8Array[] = []
  const keep = (data: Uint8Array) => {
    seen.push(data)
    return Uint8Array.from(data)
  }
  const answers: Uint8Array[] = []
  const cipher = {
    wrapAlgorithm: 'TEST/NONE',
    matDesc: '',
    encrypt: keep,
    decrypt: (data: Uint8Array) => {
      const answer = Uint8Array.from(data)
      answers.push(answer)
      return answer
    },
  }
  for (const format of ['ctr', 'sealed'] as const) {
    const sent = new RecordingClient()
    await encrypting(sent, { format }, cipher as never).putObject({ bucket: 'bucket', key: 'k', body: 'text' })
    const { headers, body } = sent.requests[0]!
    const stored = { status: 200, headers: { ...headers, 'content-length': String(body?.length) }, body: body ?? '' }
    const answer = await encrypting(new RecordingClient(stored), { format }, cipher as never).getObject({
      bucket: 'bucket',
      key: 'k',
    })
    t.is(await answer.body!.text(), 'text')
  }
  t.is(seen.length, 3)
  t.is(answers.length, 3)
  for (const bytes of [...seen, ...answers]) t.true(bytes.every(byte => byte === 0))
})

test('a master cipher refuses what it cannot use, without quoting it', async t => {
  const { publicKeyPem, privateKeyPem } = keys.main
  const cases: [string, () => unknown][] = [
    ['matDesc', () => new MasterRsaCipher('text' as never)],
    ['matDesc', () => new MasterRsaCipher({ key: 1 as never })],
    ['publicKeyPem', () => new MasterRsaCipher({}, privateKeyPem)],
    ['privateKeyPem', () => new MasterRsaCipher({}, undefined, publicKeyPem)],
    ['privateKeyPem', () => new MasterRsaCipher({}, undefined, privateKeyPem.replace(/A/g, 'B'))],
  ]
  for (const [field, call] of cases) {
    const error = t.throws(call, { instanceOf: ParamInvalidError })
    t.is(error.field, field)
    t.false(inspect(error).includes(privateKeyPem.slice(60, 80)))
  }
  await t.throwsAsync(new MasterRsaCipher({}).encrypt(new Uint8Array(1)), { instanceOf: ParamRequiredError })
  await t.throwsAsync(new MasterRsaCipher({}).decrypt(new Uint8Array(1)), { instanceOf: ParamRequiredError })
  t.is(new MasterRsaCipher({ ä: '"\u2028' }).matDesc, '{"\\u00e4": "\\"\\u2028"}')
  t.is(new MasterRsaCipher({}).matDesc, '')
})
