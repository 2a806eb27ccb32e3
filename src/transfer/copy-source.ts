import { encodeRequest } from '../binding/encode-request.js'
import type { ClientCore } from '../client/core.js'
import { OssError, ParamInvalidError, ServiceError, SourceChangedError } from '../errors.js'
import {
  type CopyObjectRequest,
  copyObject,
  type GetObjectTaggingResult,
  getObjectTagging,
  type HeadObjectResult,
  headObject,
} from '../operations/index.js'
import { send } from '../pipeline/send.js'

/** What to copy where, and the properties of the copy. */
export type CopyRequest = Omit<CopyObjectRequest, 'contentLength' | 'contentMd5'>

/** The object to copy, as it was found. Its entity tag pins it from here on. */
export interface CopySource {
  readonly bucket: string
  readonly head: HeadObjectResult
  readonly size: number
}

/** Checks a request before anything is sent. @throws ParamRequiredError or ParamInvalidError naming the field */
export function checkCopyRequest(request: CopyRequest): void {
  try {
    encodeRequest(copyObject, request)
  } catch (error) {
    if (error instanceof OssError) error.operation ??= copyObject.name
    throw error
  }
  for (const field of ['metadataDirective', 'taggingDirective'] as const) {
    const value = request[field]?.toLowerCase()
    if (value !== undefined && value !== 'copy' && value !== 'replace') {
      throw new ParamInvalidError(field, 'expected COPY or REPLACE', { operation: copyObject.name })
    }
  }
}

/** Looks at the source. The conditions of the request are about the source, so they are settled here. */
export async function readSource(
  core: ClientCore,
  request: CopyRequest,
  signal: AbortSignal | undefined,
): Promise<CopySource> {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = request
  const conditions = { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince }
  const head = await send(
    core,
    headObject,
    { ...sourceAddress(request), ...withoutUndefined(conditions) },
    signal ? { signal } : {},
  )
  return { bucket: request.sourceBucket ?? request.bucket, head, size: head.contentLength ?? 0 }
}

/** The source's tags in the form of the `x-oss-tagging` header; `undefined` when there are none. */
export async function readSourceTags(
  core: ClientCore,
  request: CopyRequest,
  source: CopySource,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (!source.head.taggingCount) return undefined
  const found = await send(core, getObjectTagging, sourceAddress(request), signal ? { signal } : {})
  return tagText(found)
}

function tagText({ tagSet }: GetObjectTaggingResult): string | undefined {
  const pairs = (tagSet?.tags ?? []).map(
    ({ key = '', value = '' }) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`,
  )
  return pairs.length === 0 ? undefined : pairs.join('&')
}

/** How requests about the source itself name it. */
function sourceAddress(request: CopyRequest) {
  const { sourceBucket, bucket, sourceKey, sourceVersionId, requestPayer } = request
  return {
    bucket: sourceBucket ?? bucket,
    key: sourceKey,
    ...withoutUndefined({ versionId: sourceVersionId, requestPayer }),
  }
}

/**
 * How copy requests name the source: by the entity tag it had when it was looked at. The version is named only if the
 * caller did, because reading a version by its id needs a permission of its own.
 */
export function pinnedSource(request: CopyRequest, source: CopySource) {
  const { sourceBucket, sourceKey, sourceVersionId } = request
  return { sourceKey, ...withoutUndefined({ sourceBucket, sourceVersionId, ifMatch: source.head.etag }) }
}

/** Tells that the pin did not hold any more. */
export function explainCopyError(error: unknown): unknown {
  if (!(error instanceof ServiceError) || error.code !== 'PreconditionFailed') return error
  return new SourceChangedError('the object was replaced while it was copied', {
    cause: error,
    operation: error.operation,
  })
}

/** Leaves out fields without a value, which optional fields do not accept. */
export function withoutUndefined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never
}
