import type { HeadObjectResult } from '../operations/index.js'
import { layoutOf } from './context.js'
import { readEnvelope } from './envelope.js'
import { mapSegments } from './segments.js'

/**
 * Puts the plaintext's length into an object's properties. It follows from the stored length, so it is no more certain than
 * that; an envelope that makes no sense leaves it as it is, since properties are no place to fail for content.
 */
export function withPlainLength(head: HeadObjectResult): HeadObjectResult {
  if (head.contentLength === undefined) return head
  try {
    const segmentSize = layoutOf(readEnvelope(head.headers))
    if (segmentSize === undefined) return head
    return { ...head, contentLength: mapSegments(head.contentLength, segmentSize).plainLength }
  } catch {
    return head
  }
}
