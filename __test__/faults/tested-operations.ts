import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { bucket, partSize, sourceKey, targetKey, type World } from './world.js'

/** Something a user does, and how to tell afterwards that nothing was lost. */
export interface TestedOperation {
  /** Puts in place what it needs. */
  prepare?(world: World): Promise<void> | void
  run(world: World, signal?: AbortSignal): Promise<unknown>
  /** Files that are in the folder when all is over. */
  files?: readonly string[]
  /** After a success: what was asked for is there, byte for byte. */
  verify?(world: World, result: unknown): Promise<void> | void
  /** After a failure: what was there before is there still, or all of the new. */
  verifyFailure?(world: World): Promise<void> | void
}

const transfer = { partSize, parallelNum: 2 }
const object = { bucket, key: sourceKey }
const target = { bucket, key: targetKey }

/** The file that uploads send. */
export const sourceFile = (world: World) => join(world.folder, 'source.bin')
/** The file that downloads write. */
export const targetFile = (world: World) => join(world.folder, 'target.bin')

const mirror = (world: World) => join(world.folder, 'mirror')

async function targetHasContent({ direct, content }: World): Promise<void> {
  const { body } = await direct.getObject(target)
  assert.ok((await body!.bytes()).equals(content), 'the object has the bytes that were sent')
}

/** An upload that failed may have got through, but never in part. */
async function targetIsWholeOrMissing(world: World): Promise<void> {
  if (await world.direct.isObjectExist(target)) await targetHasContent(world)
}

const upload = { verify: targetHasContent, verifyFailure: targetIsWholeOrMissing }

const oldBytes = Buffer.from('what was there before')

const download = {
  files: ['target.bin'],
  prepare: (world: World) => writeFileSync(targetFile(world), oldBytes),
  verify: (world: World) => assert.ok(readFileSync(targetFile(world)).equals(world.content), 'the file has all bytes'),
  verifyFailure: (world: World) => assert.ok(readFileSync(targetFile(world)).equals(oldBytes), 'the file is as before'),
}

export const testedOperations = {
  headObject: {
    run: (world, signal) => world.client.headObject(object, { signal }),
    verify: (world, result) => assert.equal((result as { contentLength?: number }).contentLength, world.content.length),
  },
  getObject: {
    run: async (world, signal) => (await world.client.getObject(object, { signal })).body!.bytes(),
    verify: (world, result) => assert.ok((result as Buffer).equals(world.content), 'the bytes are those of the object'),
  },
  listObjectsV2: {
    run: (world, signal) => world.client.listObjectsV2({ bucket, prefix: sourceKey }, { signal }),
    verify: (_world, result) => {
      const { contents = [] } = result as { contents?: { key?: string }[] }
      assert.deepEqual(
        contents.map(({ key }) => key),
        [sourceKey],
      )
    },
  },
  putObject: {
    run: (world, signal) => world.client.putObject({ ...target, body: world.content }, { signal }),
    ...upload,
  },
  'putObject of a stream': {
    run: (world, signal) =>
      world.client.putObject({ ...target, body: Readable.from(pieces(world.content)) }, { signal }),
    ...upload,
  },
  getObjectToFile: {
    run: (world, signal) => world.client.getObjectToFile(object, targetFile(world), { signal }),
    ...download,
  },
  uploadFile: {
    files: ['source.bin'],
    prepare: world => writeFileSync(sourceFile(world), world.content),
    run: (world, signal) => world.client.uploader(transfer).uploadFile(target, sourceFile(world), { signal }),
    ...upload,
  },
  uploadFrom: {
    run: (world, signal) => world.client.uploader(transfer).uploadFrom(target, pieces(world.content), { signal }),
    ...upload,
  },
  downloadFile: {
    run: (world, signal) => world.client.downloader(transfer).downloadFile(object, targetFile(world), { signal }),
    ...download,
  },
  downloadTo: {
    run: async (world, signal) => {
      const chunks: Buffer[] = []
      const sink = new Writable({
        write(chunk, _encoding, done) {
          chunks.push(Buffer.from(chunk))
          done()
        },
      })
      await world.client.downloader(transfer).downloadTo(object, sink, { signal })
      return Buffer.concat(chunks)
    },
    verify: (world, result) => assert.ok((result as Buffer).equals(world.content), 'the stream got all bytes'),
  },
  copy: {
    run: (world, signal) =>
      world.client
        .copier({ ...transfer, multipartCopyThreshold: partSize, disableShallowCopy: true })
        .copy({ ...target, sourceKey }, { signal }),
    ...upload,
  },
  syncDown: {
    files: ['mirror'],
    prepare: world => {
      mkdirSync(mirror(world))
      for (const name of [sourceKey, 'zzz']) writeFileSync(join(mirror(world), name), oldBytes)
    },
    run: (world, signal) => world.client.sync({ from: { bucket }, to: mirror(world) }, { delete: true, signal }),
    verify: world => {
      assert.deepEqual(readdirSync(mirror(world)), [sourceKey])
      assert.ok(readFileSync(join(mirror(world), sourceKey)).equals(world.content))
    },
    verifyFailure: world => assert.ok(readdirSync(mirror(world)).includes('zzz'), 'nothing is deleted'),
  },
} satisfies Record<string, TestedOperation>

export type OperationName = keyof typeof testedOperations

function* pieces(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += 30_000) yield content.subarray(at, at + 30_000)
}
