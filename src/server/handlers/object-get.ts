import { checkConditions, objectConditions } from '../conditions.js'
import { Failure } from '../failure.js'
import type { Call, Handlers } from '../handler.js'
import { checkReadable, objectHeaders, viewOf } from '../object-view.js'
import { findVersion, quoted, versionHeader } from '../objects.js'
import { readRange } from '../ranges.js'
import { sliceSegments } from '../storage/content-store.js'
import { checkTrafficLimit } from '../template.js'

const overridden = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
]

/** The headers a request puts in the place of the stored ones: `response-content-type` and the like. */
function overrides(call: Call): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of overridden) {
    const value = call.incoming.query[`response-${name}`]
    if (value === undefined) continue
    if (!call.owner)
      throw new Failure('BadRequest', {
        message: 'Request specific response headers cannot be used for anonymous GET requests.',
      })
    if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value))
      throw new Failure('InvalidArgument', { details: { ArgumentName: `response-${name}` } })
    headers[name] = value
  }
  return headers
}

/** Reading objects. */
export const objectGetHandlers: Handlers = {
  getObject: (call, request) => {
    if (request.process !== undefined && request.process !== '') {
      throw new Failure('NotImplemented', { message: 'The local server does not process objects.' })
    }
    checkTrafficLimit(call)
    const { bucket, incoming, now } = call
    const view = viewOf(bucket, findVersion(bucket, call.key, request.versionId))
    checkReadable(bucket, view.version, call.key, now)
    checkConditions(view, incoming.headers, objectConditions)
    const headers = { ...objectHeaders(bucket, view, now), ...overrides(call) }
    const range = readRange(incoming.headers.range, incoming.headers['x-oss-range-behavior'], view.size)
    const { start, end } = range ?? { start: 0, end: view.size }
    if (range !== undefined) {
      headers['content-range'] = `bytes ${start}-${end - 1}/${view.size}`
      // It would be taken for that of the bytes that follow.
      delete headers['content-md5']
    }
    const segments = sliceSegments(view.segments, start, end)
    call.store.content.retain(segments)
    return { status: range === undefined ? 200 : 206, headers, content: { segments, length: end - start } }
  },

  headObject: (call, request) => {
    const { bucket, incoming, now } = call
    const view = viewOf(bucket, findVersion(bucket, call.key, request.versionId))
    checkConditions(view, incoming.headers, objectConditions)
    return { headers: { ...objectHeaders(bucket, view, now), 'content-length': String(view.size) } }
  },

  getObjectMeta: (call, request) => {
    // Of a symbolic link it tells about the link itself.
    const version = findVersion(call.bucket, call.key, request.versionId)
    const headers: Record<string, string> = {
      etag: quoted(version.etag),
      'last-modified': new Date(version.modified).toUTCString(),
      'content-length': String(version.size),
      ...versionHeader(call.bucket, version),
    }
    if (version.crc64 !== undefined) headers['x-oss-hash-crc64ecma'] = version.crc64
    return { headers }
  },
}
