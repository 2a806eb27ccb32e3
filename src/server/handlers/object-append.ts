import { createHash } from 'node:crypto'
import { crc64Combine } from '../../native/checksum.js'
import { Failure, invalidArgument } from '../failure.js'
import type { Call, Handlers } from '../handler.js'
import { checkOverwrite, editVersion, findVersion, newVersionId, quoted, versionHeader } from '../objects.js'
import { checkMutable, guarded } from '../protection.js'
import { receiveContent } from '../receive.js'
import { objectWorm } from '../settings/known.js'
import type { StoredContent } from '../storage/content-store.js'
import type { ObjectVersion } from '../storage/records.js'
import { pushVersion, replaceVersion } from '../storage/versions.js'
import { encryptionHeaders, type ObjectTemplate, readTemplate } from '../template.js'

function wrongPosition(length: number): Failure {
  return new Failure('PositionNotEqualToLength', { headers: { 'x-oss-next-append-position': String(length) } })
}

/** Checks that bytes may be added to what is there. Gives what they are added to. */
function appendableOf(versions: readonly ObjectVersion[], position: number): ObjectVersion | undefined {
  const latest = versions[0]
  if (latest === undefined || latest.deleteMarker) {
    if (position !== 0) throw wrongPosition(0)
    return undefined
  }
  if (latest.type !== 'Appendable') throw new Failure('ObjectNotAppendable')
  if (latest.sealed !== undefined) throw new Failure('AppendSealedObjectNotAllowed')
  if (latest.size !== position) throw wrongPosition(latest.size)
  return latest
}

/** The ETag of an appendable object is no MD5 of its content, only different after every change. */
function appendedEtag(before: ObjectVersion | undefined, content: StoredContent): string {
  return createHash('md5')
    .update(before?.etag ?? 'append')
    .update(content.md5)
    .digest('hex')
    .toUpperCase()
}

function extended(
  call: Call,
  before: ObjectVersion | undefined,
  template: ObjectTemplate,
  content: StoredContent,
): ObjectVersion {
  const base = before ?? {
    ...template,
    versionId: newVersionId(call.bucket),
    deleteMarker: false,
    size: 0,
    crc64: '0',
    segments: [],
  }
  return {
    ...base,
    type: 'Appendable',
    modified: call.now,
    size: base.size + content.size,
    etag: appendedEtag(before, content),
    crc64: crc64Combine(BigInt(base.crc64 ?? '0'), content.crc64, content.size).toString(),
    segments: [...base.segments, ...content.segments],
  }
}

/** Objects that grow. */
export const objectAppendHandlers: Handlers = {
  appendObject: async (call, request) => {
    const { position } = request
    if (position < 0) throw invalidArgument('position', String(position), 'The position must not be negative.')
    if (objectWorm.of(call.bucket) !== undefined) {
      throw new Failure('OperationNotSupported', {
        message: 'Objects cannot be appended to where object worm is enabled.',
      })
    }
    const template = readTemplate(call)
    if (position === 0) checkOverwrite(call)
    appendableOf(call.bucket.find(call.key)?.versions ?? [], position)
    const content = await receiveContent(call)
    let after: ObjectVersion | undefined
    try {
      await call.bucket.change(call.key, versions => {
        const before = appendableOf(versions, position)
        checkMutable(call, before)
        after = extended(call, before, template, content)
        return before === undefined
          ? guarded(call, pushVersion(versions, after, call.bucket.record.versioning))
          : replaceVersion(versions, after)
      })
    } catch (error) {
      await call.store.content.release(content.segments)
      throw error
    }
    const version = after as ObjectVersion
    return {
      headers: {
        etag: quoted(version.etag),
        'x-oss-hash-crc64ecma': version.crc64 as string,
        'x-oss-next-append-position': String(version.size),
        ...encryptionHeaders(version.encryption),
        ...versionHeader(call.bucket, version),
      },
    }
  },

  sealAppendObject: async (call, request) => {
    const check = (version: ObjectVersion) => {
      if (version.type !== 'Appendable') throw new Failure('ObjectNotAppendable')
      if (version.size !== request.position) throw wrongPosition(version.size)
    }
    check(findVersion(call.bucket, call.key, undefined))
    const version = await editVersion(call, undefined, before => {
      check(before)
      return { ...before, sealed: before.sealed ?? call.now }
    })
    return { headers: { 'x-oss-sealed-time': new Date(version.sealed as number).toUTCString() } }
  },
}
