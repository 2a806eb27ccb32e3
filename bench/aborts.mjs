// What is left after a hundred aborts of each kind of transfer: `node bench/aborts.mjs [--rounds=100]`, after `npm run build`.
// Each is aborted a little later than the one before, up to about the time that one takes, so that every stage is met: while it
// begins, connects, reads, writes, sends, completes. Some of the last are over before. The embedded server runs in a process of its own, so that its sockets and files are not counted.
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '100' } },
})
const partSize = 100 * 1024
const bucket = 'examplebucket'

/** Sockets and files that this process has open; only Linux tells. */
function open(folder) {
  const targets = readdirSync('/proc/self/fd').map(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return {
    sockets: targets.filter(target => target.startsWith('socket:')).length,
    files: targets.filter(target => target.startsWith(folder)).length,
  }
}

/** Turns of the event loop until a transfer has ended, or somebody has seen enough of them. */
async function turnsOf(transfer, enough) {
  let ended = false
  const end = () => {
    ended = true
  }
  transfer.then(end, end)
  let turns = 0
  for (; !ended && !enough(turns); turns++) await new Promise(resolve => setImmediate(resolve))
  return turns
}

async function measure() {
  const server = fork(fileURLToPath(new URL('lib/local-server.mjs', import.meta.url)))
  const [{ endpoint, region, credentials }] = await once(server, 'message')
  const { Client, EncryptionClient, MasterRsaCipher, StaticCredentialsProvider } = await import('../dist/index.js')
  const { generateKeyPairSync } = await import('node:crypto')
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const credentialsProvider = new StaticCredentialsProvider(credentials.accessKeyId, credentials.accessKeySecret)
  const make = () => new Client({ endpoint, region, credentialsProvider, memoryLimit: 16 * partSize })
  const observer = make()
  const folder = mkdtempSync(join(tmpdir(), 'ferross-aborts-'))
  const content = randomBytes(6 * partSize)
  const path = join(folder, 'source')
  writeFileSync(path, content)
  await observer.putBucket({ bucket })
  await observer.putObject({ bucket, key: 'source', body: content })
  await observer.uploadDirectory({ bucket, prefix: 'folder' }, folder)
  await observer.close()
  const before = open(folder)
  const client = make()
  const encrypting = new EncryptionClient(client, new MasterRsaCipher({}, publicKey, privateKey))
  await encrypting.putObject({ bucket, key: 'encrypted', body: content })
  const options = { partSize, parallelNum: 3 }
  const split = { ...options, multipartCopyThreshold: partSize, disableShallowCopy: true }
  const target = round => ({ bucket, key: `target ${round}` })
  const kinds = {
    'uploads of a file': (round, signal) => client.uploader(options).uploadFile(target(round), path, { signal }),
    'uploads of a stream': (round, signal) =>
      client.uploader(options).uploadFrom(target(round), Readable.from([content]), { signal }),
    'encrypted uploads': (round, signal) => encrypting.uploader(options).uploadFile(target(round), path, { signal }),
    'downloads to a file': (round, signal) =>
      client.downloader(options).downloadFile({ bucket, key: 'source' }, join(folder, `${round}`), { signal }),
    'downloads to a stream': (_, signal) =>
      client.downloader(options).downloadTo({ bucket, key: 'source' }, new WritableStream(), { signal }),
    'encrypted downloads': (round, signal) =>
      encrypting.downloader(options).downloadFile({ bucket, key: 'encrypted' }, join(folder, `e${round}`), { signal }),
    copies: (round, signal) => client.copier(split).copy({ ...target(round), sourceKey: 'source' }, { signal }),
    'folders up': (round, signal) =>
      client.uploadDirectory({ bucket, prefix: `up${round}` }, folder, {
        signal,
        uploader: options,
        include: ['source'],
      }),
    'folders down': (round, signal) =>
      client.downloadDirectory({ bucket, prefix: 'folder' }, join(folder, `down${round}`), {
        signal,
        downloader: options,
      }),
  }
  const rounds = Number(values.rounds)
  console.log(`${rounds} aborts of each kind, node ${process.version}\n`)
  console.log('kind                    aborted  sockets  files  temporary files  uploads  memory')
  for (const [kind, start] of Object.entries(kinds)) {
    const undisturbed = await turnsOf(start(rounds, undefined), () => false)
    let aborted = 0
    for (let round = 0; round < rounds; round++) {
      const stop = new AbortController()
      const reason = new Error('enough')
      const transfer = start(round, stop.signal).then(
        () => undefined,
        error => error,
      )
      await turnsOf(transfer, turn => turn >= (undisturbed * round) / rounds)
      stop.abort(reason)
      const error = await transfer
      if (error !== undefined && error !== reason) throw error
      if (error === reason) aborted++
    }
    const uploads = (await client.listMultipartUploads({ bucket })).uploads?.length ?? 0
    const temporary = readdirSync(folder, { recursive: true }).filter(name => /\.(tmp|ferross-\w+)$/.test(name)).length
    // Connections that are kept for the next request are no leak: they go with the client. Until then there are at most 20.
    const { sockets, files } = open(folder)
    if (sockets - before.sockets > 20) throw new Error(`${sockets - before.sockets} sockets`)
    // All of the memory can be had at once: no part buffer was lost.
    await client.uploader({ partSize: 16 * partSize }).uploadFrom(target('whole'), Buffer.alloc(16 * partSize))
    report(kind, aborted, `${sockets - before.sockets} kept`, files - before.files, temporary, uploads, 'all back')
  }
  await client.close()
  // Sockets end a few turns of the event loop after they are destroyed.
  for (let turn = 0; turn < 10_000 && open(folder).sockets > before.sockets; turn++)
    await new Promise(resolve => setImmediate(resolve))
  const after = open(folder)
  console.log(`\nafter close(): ${after.sockets - before.sockets} sockets, ${after.files - before.files} files`)
  rmSync(folder, { recursive: true })
  server.disconnect()
}

function report(kind, aborted, sockets, ...rest) {
  const widths = [5, 15, 7, 8]
  const columns = rest.map((value, index) => String(value).padStart(widths[index] ?? 9))
  console.log(kind.padEnd(22), String(aborted).padStart(8), sockets.padStart(8), ...columns)
}

await measure()
