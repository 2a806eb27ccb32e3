import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import test from 'ava'
import { EncryptionClient } from 'ferross'
import { withFolder, withServer } from '../helpers/with-server.js'
import { keys, main, ruled, sha256 } from './support.js'

/** The SDK that the golden cases come from. */
const peerPackage = 'alibabacloud-oss-v2==1.4.1'
/** Installing it may take this long, in milliseconds; each side then has its own limit. */
const installLimit = 120_000
const runLimit = 60_000

async function execute(command: string, args: string[], limit: number, input = ''): Promise<string> {
  const child = spawn(command, args, { stdio: 'pipe', timeout: limit })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const ended = new Promise<number | null>((done, failed) => child.on('error', failed).on('close', done))
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${errors.slice(-800)}`)
  return output
}

/** A Python that has the SDK: the system's, or one of a virtual environment that is kept between runs. */
async function findPython(): Promise<string> {
  const check = ['-c', 'import alibabacloud_oss_v2']
  const folder = resolve('build/interop')
  const own = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const started = Date.now()
  for (const python of ['python3', own]) {
    const found = await execute(python, check, runLimit)
      .then(() => true)
      .catch(() => false)
    if (found) return python
  }
  mkdirSync(folder, { recursive: true })
  if (!existsSync(own)) await execute('python3', ['-m', 'venv', folder], installLimit)
  // An index that does not answer is given up soon.
  const patience = ['--retries', '1', '--timeout', '10']
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...patience, peerPackage]
  await execute(own, pip, installLimit - (Date.now() - started))
  return own
}

test('the official Python SDK and this one read what the other wrote', async t => {
  t.timeout(2 * installLimit + 2 * runLimit)
  const python = await findPython().catch((error: Error) => error)
  if (python instanceof Error) {
    t.log(`skipped: the Python SDK cannot be installed here (${python.message.split('\n')[0]})`)
    t.pass()
    return
  }
  const { client: plainClient, server } = await withServer(t)
  await plainClient.putBucket({ bucket: 'interop' })
  const client = new EncryptionClient(plainClient, main)
  const partSize = 7 * 16 * 1024
  const size = 2 * partSize + 4321
  const plain = ruled(size)
  const ranges: [string, number, number][] = [
    ['bytes=0-15', 0, 16],
    ['bytes=5-40', 5, 41],
    [`bytes=${partSize - 3}-${partSize + 20}`, partSize - 3, partSize + 21],
    [`bytes=${size - 9}-`, size - 9, size],
  ]
  const { accessKeyId: id, accessKeySecret: secret } = server.credentials
  const { publicKeyPem: publicKey, privateKeyPem: privateKey } = keys.main
  const about = {
    bucket: 'interop',
    endpoint: server.endpoint,
    region: server.region,
    id,
    secret,
    publicKey,
    privateKey,
  }
  const peer = async (task: object) =>
    JSON.parse(await execute(python, ['__test__/encryption/peer.py'], runLimit, JSON.stringify({ ...about, ...task })))

  await peer({ action: 'write', size, partSize })
  for (const key of ['py/whole', 'py/parts']) {
    const { body } = await client.getObject({ bucket: 'interop', key })
    t.true((await body!.bytes()).equals(plain), key)
    for (const [rangeHeader, start, end] of ranges) {
      const ranged = await client.getObject({ bucket: 'interop', key, rangeHeader })
      t.true((await ranged.body!.bytes()).equals(plain.subarray(start, end)), `${key} ${rangeHeader}`)
    }
  }
  t.is((await (await client.getObject({ bucket: 'interop', key: 'py/empty' })).body!.bytes()).length, 0)

  const path = join(withFolder(t), 'file')
  writeFileSync(path, plain)
  await client.putObject({ bucket: 'interop', key: 'ts/whole', body: plain })
  await client.uploader({ partSize }).uploadFile({ bucket: 'interop', key: 'ts/file' }, path)
  await client.uploader({ partSize }).uploadFrom({ bucket: 'interop', key: 'ts/stream' }, [plain])
  const written = ['ts/whole', 'ts/file', 'ts/stream']
  const found = await peer({ action: 'read', keys: written, ranges: ranges.map(([range]) => range) })
  for (const key of written) {
    t.is(found[`${key} `], sha256(plain), key)
    for (const [range, start, end] of ranges) t.is(found[`${key} ${range}`], sha256(plain.subarray(start, end)))
  }
})
