import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import { DecryptionError, EncryptionClient } from 'ferross'
import { encrypting, MemoryService } from './support.js'

test('the KMS sample compiles and does what it says', async t => {
  t.timeout(120_000)
  const folder = resolve('build/samples')
  mkdirSync(folder, { recursive: true })
  const compilerOptions = {
    rootDir: '../../samples',
    outDir: '.',
    incremental: false,
    declaration: false,
    declarationMap: false,
  }
  const include = ['../../samples/kms-master-cipher.ts']
  const settings = { extends: '../../tsconfig.json', compilerOptions, include }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings))
  const tsc = spawn(process.execPath, ['node_modules/typescript/bin/tsc', '-p', folder], { stdio: 'inherit' })
  t.deepEqual(await once(tsc, 'close'), [0, null])

  const { aliyunKeyService, KmsMasterCipher } = await import(pathToFileURL(join(folder, 'kms-master-cipher.js')).href)
  let outage: Error | undefined
  const kms = {
    encrypt: async ({ keyId, plaintext }: { keyId: string; plaintext: string }) => ({
      body: { ciphertextBlob: `${keyId}:${plaintext}` },
    }),
    decrypt: async ({ ciphertextBlob }: { ciphertextBlob: string }) => {
      if (outage) throw outage
      if (!ciphertextBlob.startsWith('key-1:')) throw Object.assign(new Error('no'), { code: 'InvalidCiphertextBlob' })
      return { body: { plaintext: ciphertextBlob.slice(6) } }
    },
  }
  const service = new MemoryService()
  const plainClient = encrypting(service).unwrap()
  const client = new EncryptionClient(plainClient, new KmsMasterCipher(aliyunKeyService(kms), 'key-1', { key: '1' }))
  const at = { bucket: 'examplebucket', key: 'k' }
  await client.putObject({ ...at, body: 'text' })
  t.is(service.object().headers['x-oss-meta-client-side-encryption-wrap-alg'], 'KMS/ALICLOUD')
  t.is(await (await client.getObject(at)).body!.text(), 'text')
  outage = new Error('down')
  t.is(await t.throwsAsync(client.getObject(at)), outage)
  outage = undefined
  const other = new EncryptionClient(plainClient, new KmsMasterCipher(aliyunKeyService(kms), 'key-2'))
  await other.putObject({ ...at, body: 'text' })
  await t.throwsAsync(other.getObject(at), { instanceOf: DecryptionError })
})
