import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import test from 'ava'
import { DecryptionError, ParamInvalidError } from '#src/errors.js'
import { engines, noise } from './engines.js'

interface Keys {
  publicKeyPem: string
  publicKeyPkcs1Pem: string
  privateKeyPem: string
  privateKeyPkcs1Pem: string
}
interface StoredObject {
  name: string
  master: 'main' | 'old'
  contentKey: string
  contentIv: string
  objectHeaders: Record<string, string>
}
const read = (name: string) => JSON.parse(readFileSync(`__test__/golden/encryption/${name}.json`, 'utf8'))
const keys: Record<'main' | 'old', Keys> = read('keys')
const objects: StoredObject[] = read('objects').filter((object: StoredObject) => object.contentKey && object.master)
const example = read('enc-example')
const header = (headers: Record<string, string>, name: string) =>
  Buffer.from(headers[`x-oss-meta-client-side-encryption-${name}`], 'base64')

for (const engine of engines) {
  test(`${engine.kind}: envelopes of other SDKs open`, async t => {
    t.true(objects.length > 3)
    for (const { master, contentKey, contentIv, objectHeaders } of objects) {
      for (const pem of [keys[master].privateKeyPem, keys[master].privateKeyPkcs1Pem]) {
        t.is(Buffer.from(await engine.rsaDecrypt(pem, header(objectHeaders, 'key'))).toString('base64'), contentKey)
        t.is(Buffer.from(await engine.rsaDecrypt(pem, header(objectHeaders, 'start'))).toString('base64'), contentIv)
      }
    }
    const key = await engine.rsaDecrypt(example.privateKeyPkcs1Pem, header(example.objectHeaders, 'key'))
    t.is(key.length, 32, 'keys of 1024 bits work')
  })

  test(`${engine.kind}: what it wraps every engine unwraps`, async t => {
    const { publicKeyPem, publicKeyPkcs1Pem, privateKeyPem } = keys.main
    for (const padding of ['pkcs1', 'oaep'] as const) {
      for (const length of [0, 1, 32, padding === 'oaep' ? 214 : 245]) {
        for (const pem of [publicKeyPem, publicKeyPkcs1Pem]) {
          const wrapped = await engine.rsaEncrypt(pem, noise(length), padding)
          t.is(wrapped.length, 256)
          for (const other of engines) {
            const unwrapped = await other.rsaDecrypt(privateKeyPem, wrapped, padding)
            t.deepEqual(Buffer.from(unwrapped), noise(length), `${other.kind} ${padding} ${length}`)
          }
        }
      }
    }
  })

  test(`${engine.kind}: keys are taken however their PEM is laid out`, async t => {
    const { publicKeyPem, privateKeyPem } = keys.main
    const layouts = [
      (pem: string) => pem.replaceAll('\n', '\r\n'),
      (pem: string) => `a comment\n\n${pem}\n\n`,
      (pem: string) =>
        pem.replace(/-----\n([\s\S]+)\n-----/, (_, body) => `-----\n${body.replaceAll('\n', '')}\n-----`),
    ]
    for (const layout of layouts) {
      const wrapped = await engine.rsaEncrypt(layout(publicKeyPem), Buffer.from('key'))
      t.is(Buffer.from(await engine.rsaDecrypt(layout(privateKeyPem), wrapped)).toString(), 'key')
    }
  })

  test(`${engine.kind}: a damaged OAEP ciphertext and a wrong length are errors that say nothing`, async t => {
    const { privateKeyPem } = keys.main
    const failures = await Promise.all([
      t.throwsAsync(engine.rsaDecrypt(privateKeyPem, Buffer.alloc(256, 1), 'oaep'), { instanceOf: DecryptionError }),
      t.throwsAsync(engine.rsaDecrypt(privateKeyPem, Buffer.alloc(255, 1)), { instanceOf: DecryptionError }),
      t.throwsAsync(engine.rsaDecrypt(privateKeyPem, Buffer.alloc(256, 0xff)), { instanceOf: DecryptionError }),
    ])
    t.is(new Set(failures.map(error => error.message)).size, 1)
    for (const error of failures) t.is(error.cause, undefined)
  })

  test(`${engine.kind}: wrong RSA arguments are refused by name`, async t => {
    const { publicKeyPem, privateKeyPem } = keys.main
    const data = Buffer.alloc(1)
    const elliptic = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    const small = generateKeyPairSync('rsa', {
      modulusLength: 512,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' },
    })
    const cases: [string, () => Promise<unknown>][] = [
      ['publicKeyPem', () => engine.rsaEncrypt('', data)],
      ['publicKeyPem', () => engine.rsaEncrypt(privateKeyPem, data)],
      ['publicKeyPem', () => engine.rsaEncrypt(elliptic.publicKey, data)],
      ['publicKeyPem', () => engine.rsaEncrypt(small.publicKey, data)],
      ['publicKeyPem', () => engine.rsaEncrypt(7 as never, data)],
      ['privateKeyPem', () => engine.rsaDecrypt(publicKeyPem, data)],
      ['privateKeyPem', () => engine.rsaDecrypt(elliptic.privateKey, data)],
      ['privateKeyPem', () => engine.rsaDecrypt(small.privateKey, data)],
      ['privateKeyPem', () => engine.rsaDecrypt(`${privateKeyPem.slice(0, 600)}${privateKeyPem.slice(700)}`, data)],
      ['data', () => engine.rsaEncrypt(publicKeyPem, 'key' as never)],
      ['data', () => engine.rsaEncrypt(publicKeyPem, Buffer.alloc(246))],
      ['data', () => engine.rsaEncrypt(publicKeyPem, Buffer.alloc(215), 'oaep')],
      ['padding', () => engine.rsaEncrypt(publicKeyPem, data, 'none' as never)],
      ['padding', () => engine.rsaDecrypt(privateKeyPem, data, 'none' as never)],
    ]
    for (const [field, call] of cases) {
      t.like(await t.throwsAsync(call, { instanceOf: ParamInvalidError }), { field })
    }
  })
}

test('both engines answer a damaged PKCS#1 ciphertext with the same noise', async t => {
  for (let seed = 0; seed < 20; seed++) {
    const damaged = noise(256, seed)
    damaged[0] = 0
    const answers = await Promise.all(engines.map(engine => engine.rsaDecrypt(keys.main.privateKeyPem, damaged)))
    t.true(answers[0].length <= 245)
    for (const answer of answers) t.deepEqual(Buffer.from(answer), Buffer.from(answers[0]))
  }
})
