import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, existsSync, mkdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FileError } from 'ferross'
import type { PartReader, PartWriter } from '#src/native/engine.js'
import { getEngine } from '#src/native/index.js'
import type { ChildTask } from '../transfer/resume-child.js'
import type { Scenario } from './scenario.js'
import { sourceFile, targetFile } from './tested-operations.js'
import { bucket, partSize, sourceKey, targetKey, type World } from './world.js'

const fileError = 'FileError FileError'
const changed = 'SourceChangedError SourceChanged'

function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: ${syscall}`), { code, syscall, errno: -1 })
}

/** Wraps what the engine opens from here on to the end of the world. */
function intrude(world: World, wrap: { reader?: (reader: PartReader) => void; writer?: (writer: PartWriter) => void }) {
  const engine = getEngine()
  const { openPartReader, openPartWriter } = engine
  world.after(() => Object.assign(engine, { openPartReader, openPartWriter }))
  Object.assign(engine, {
    openPartReader: async (path: string) => {
      const reader = await openPartReader(path)
      wrap.reader?.(reader)
      return reader
    },
    openPartWriter: async (...args: Parameters<typeof openPartWriter>) => {
      const writer = await openPartWriter(...args)
      wrap.writer?.(writer)
      return writer
    },
  })
}

/** Makes the n-th call of some methods, counted together, fail. */
function failAt<T extends object>(target: T, methods: readonly (keyof T & string)[], nth: number, error: Error): void {
  let calls = 0
  for (const method of methods) {
    const original = target[method] as ((...args: unknown[]) => Promise<unknown>) | undefined
    if (original === undefined) continue
    Object.assign(target, {
      [method]: (...args: unknown[]) => (++calls === nth ? Promise.reject(error) : original.apply(target, args)),
    })
  }
}

function writeFails(code: string, method: 'write' | 'finish'): Scenario {
  return {
    fault: `${code} when the target is ${method === 'write' ? 'written' : 'synchronised'} (injected)`,
    operations: ['downloadFile'],
    outcome: fileError,
    checks: '`systemCode` tells',
    arrange: world => {
      const nth = method === 'write' ? world.random.between(1, 5) : 1
      const methods = method === 'write' ? (['write', 'receive'] as const) : [method]
      intrude(world, { writer: writer => failAt(writer, methods, nth, systemError(code, method)) })
    },
  }
}

/** Does something to the source when the first part is on its way. */
function duringUpload(world: World, work: () => void) {
  let done = false
  world.proxy.treat = ({ target }) => {
    if (!done && target.includes('partNumber=')) {
      done = true
      work()
    }
    return undefined
  }
  return async () => {
    assert.ok(done)
    assert.equal(await world.direct.isObjectExist({ bucket, key: targetKey }), false, 'no object of mixed bytes')
  }
}

const killChild = fileURLToPath(new URL('../transfer/resume-child.js', import.meta.url))

/** Lets another process do it, which kills itself at some moment, and then goes on here. */
async function killed(world: World, direction: 'up' | 'down'): Promise<unknown> {
  const { endpoint, region, credentials } = world.server
  const path = direction === 'up' ? sourceFile(world) : targetFile(world)
  const task: ChildTask = {
    ...{ direction, endpoint, region, bucket, path, partSize },
    ...{ accessKeyId: credentials.accessKeyId, accessKeySecret: credentials.accessKeySecret },
    key: direction === 'up' ? targetKey : sourceKey,
    killAt: world.random.between(1, 60),
  }
  const child = spawn(process.execPath, [killChild, JSON.stringify(task)], { stdio: 'ignore' })
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  assert.ok(signal === 'SIGKILL' || code === 0, `the process ended with ${code} ${signal}`)
  const options = { partSize, parallelNum: 2, enableCheckpoint: true }
  // To the same address as the other process: a checkpoint belongs to it.
  return direction === 'up'
    ? world.direct.uploader(options).uploadFile({ bucket, key: targetKey }, path)
    : world.direct.downloader(options).downloadFile({ bucket, key: sourceKey }, path)
}

/** A download by a process that may not write files of more than 100 KiB: the system refuses, and says EFBIG. */
async function limited(world: World): Promise<void> {
  const script = `
    const { Client, StaticCredentialsProvider } = await import('ferross')
    const [endpoint, path] = process.argv.slice(1)
    const credentialsProvider = new StaticCredentialsProvider('test-access-key-id', 'test-access-key-secret')
    const client = new Client({ endpoint, region: 'cn-hangzhou', credentialsProvider })
    const error = await client.downloader({ partSize: ${partSize} })
      .downloadFile({ bucket: '${bucket}', key: '${sourceKey}' }, path).catch(error => error)
    await client.close()
    process.stdout.write(String(error?.name) + ' ' + error?.systemCode)`
  const command = 'ulimit -f 200; exec "$0" --input-type=module -e "$@"'
  const child = spawn('bash', ['-c', command, process.execPath, script, world.server.endpoint, targetFile(world)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', chunk => {
    output += chunk
  })
  await once(child, 'close')
  if (output !== 'FileError EFBIG') throw new Error(`the process said ${output}`)
  throw new FileError('write', targetFile(world), systemError('EFBIG', 'write'))
}

const onLinux: readonly Scenario[] =
  process.platform !== 'linux'
    ? []
    : [
        {
          fault: 'a file larger than the process may write (RLIMIT_FSIZE, another process)',
          operations: ['downloadFile'],
          outcome: fileError,
          checks: '`systemCode` is EFBIG',
          slow: true,
          arrange: () => {},
          run: limited,
        },
        {
          fault: 'a disk that is full (/dev/full)',
          operations: ['downloadTo'],
          outcome: 'Error ENOSPC',
          checks: 'the error is the stream’s own',
          arrange: () => {},
          run: world =>
            world.client
              .downloader({ partSize, parallelNum: 2 })
              .downloadTo({ bucket, key: sourceKey }, createWriteStream('/dev/full')),
        },
      ]

/** What goes wrong with files, and with the process itself. */
export const fileFaults: readonly Scenario[] = [
  writeFails('ENOSPC', 'write'),
  writeFails('EIO', 'write'),
  writeFails('EIO', 'finish'),
  {
    fault: 'EIO when the source is read (injected)',
    operations: ['uploadFile'],
    outcome: fileError,
    arrange: world => {
      const nth = world.random.between(1, 5)
      intrude(world, { reader: reader => failAt(reader, ['read', 'send'], nth, systemError('EIO', 'read')) })
    },
  },
  ...onLinux,
  {
    fault: 'the source file becomes shorter while it is read',
    operations: ['uploadFile'],
    outcome: changed,
    sourceChanges: true,
    arrange: world => duringUpload(world, () => truncateSync(sourceFile(world), world.random.between(0, partSize))),
  },
  {
    fault: 'the source file gets other bytes of the same length while it is read',
    operations: ['uploadFile'],
    outcome: changed,
    sourceChanges: true,
    arrange: world =>
      duringUpload(world, () => {
        writeFileSync(sourceFile(world), world.random.bytes(world.content.length))
        utimesSync(sourceFile(world), 1, 1)
      }),
  },
  {
    fault: 'the object is replaced while it is downloaded',
    operations: ['downloadFile', 'downloadTo'],
    outcome: changed,
    sourceChanges: true,
    arrange: async world => {
      const other = world.random.bytes(world.content.length)
      let done: Promise<unknown> | undefined
      const fault = world.server.faults.add({ operation: 'GetObject', nth: 2, count: 100, delayMs: 20 })
      world.proxy.treat = ({ method, target }) => {
        if (method === 'GET' && target.endsWith('/source')) {
          done ??= world.direct.putObject({ bucket, key: sourceKey, body: other })
        }
        return undefined
      }
      return async () => {
        await done
        fault.remove()
      }
    },
  },
  {
    fault: 'the target becomes a folder while it is downloaded',
    operations: ['downloadFile', 'getObjectToFile'],
    outcome: fileError,
    sourceChanges: true,
    arrange: world => {
      world.proxy.treat = () => {
        if (!existsSync(join(targetFile(world), 'inside'))) {
          rmSync(targetFile(world), { force: true })
          mkdirSync(join(targetFile(world), 'inside'), { recursive: true })
        }
        return undefined
      }
      return () => assert.ok(existsSync(join(targetFile(world), 'inside')), 'the folder is untouched')
    },
  },
  {
    fault: 'the folder of the checkpoint is a file',
    operations: ['uploadFile'],
    outcome: 'CheckpointError Checkpoint',
    arrange: () => {},
    run: world =>
      world.client
        .uploader({ partSize, enableCheckpoint: true, checkpointDir: sourceFile(world) })
        .uploadFile({ bucket, key: targetKey }, sourceFile(world)),
  },
  {
    fault: 'kill -9 of the uploading process at a random moment, then the same call again',
    operations: ['uploadFile'],
    outcome: 'succeeds',
    slow: true,
    arrange: () => {},
    run: world => killed(world, 'up'),
  },
  {
    fault: 'kill -9 of the downloading process at a random moment, then the same call again',
    operations: ['downloadFile'],
    outcome: 'succeeds',
    slow: true,
    arrange: () => {},
    run: world => killed(world, 'down'),
  },
]
