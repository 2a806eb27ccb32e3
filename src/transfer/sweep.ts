import type { ClientCore } from '../client/core.js'
import { ParamInvalidError, ServiceError } from '../errors.js'
import { abortMultipartUpload, listMultipartUploads, type RequestPayer, type Upload } from '../operations/index.js'
import { send } from '../pipeline/send.js'
import { checkDirectoryOptions, type DirectoryOptions, type DirectorySummary } from './directory-options.js'
import { DirectoryRun } from './directory-run.js'

/** Where {@link Client.sweepMultipartUploads} looks. */
export interface SweepRequest {
  /** Name of the bucket. */
  bucket: string
  /** Only uploads of keys that begin with this. Absent: all. */
  prefix?: string
  /** Confirms that the caller pays, for buckets that want it. */
  requestPayer?: RequestPayer
}

/** Options of {@link Client.sweepMultipartUploads}. */
export interface SweepOptions extends Omit<DirectoryOptions, 'onProgress'> {
  /**
   * Uploads begun before this are aborted: a date, or an age in milliseconds. Choose it longer than any upload may take, for
   * an upload that goes on elsewhere is aborted as well.
   */
  olderThan: Date | number
}

/** Aborts old unfinished uploads. @internal Use {@link Client.sweepMultipartUploads}. */
export async function sweepMultipartUploads(
  core: ClientCore,
  request: SweepRequest,
  options: SweepOptions,
): Promise<DirectorySummary> {
  checkDirectoryOptions(options, ['olderThan'])
  // The service's clock counts: it is what "begun" was written by.
  const now = Date.now() + core.clockOffset
  const limit = limitOf(options.olderThan, now)
  const { bucket, prefix = '' } = request
  const run = new DirectoryRun(options)
  return run.complete(async () => {
    for await (const { key = '', uploadId = '', initiated } of listUploads(core, request, run.signal)) {
      if (!run.filter.takes(key.slice(prefix.length))) continue
      if (initiated === undefined || initiated.getTime() >= limit) {
        await run.report({ status: 'skipped', key, uploadId, reason: 'is not old enough' })
        continue
      }
      await run.start(
        async () => {
          if (!run.dryRun) {
            const about = { bucket, key, uploadId, ...payer(request) }
            const ended = await send(core, abortMultipartUpload, about, { signal: run.signal }).then(
              () => false,
              endedMeanwhile,
            )
            if (ended) return { status: 'skipped', key, uploadId, reason: 'ended meanwhile' }
          }
          return { status: 'deleted', key, uploadId }
        },
        { key, uploadId },
      )
    }
  })
}

function limitOf(olderThan: unknown, now: number): number {
  if (olderThan instanceof Date && !Number.isNaN(olderThan.getTime())) return olderThan.getTime()
  if (typeof olderThan === 'number' && Number.isFinite(olderThan) && olderThan >= 0) return now - olderThan
  throw new ParamInvalidError('olderThan', 'expected a date, or an age in milliseconds')
}

function endedMeanwhile(error: unknown): true {
  if (error instanceof ServiceError && error.code === 'NoSuchUpload') return true
  throw error
}

function payer({ requestPayer }: SweepRequest) {
  return requestPayer !== undefined && { requestPayer }
}

async function* listUploads(core: ClientCore, request: SweepRequest, signal: AbortSignal): AsyncGenerator<Upload> {
  const { bucket, prefix } = request
  const fixed = { bucket, maxUploads: 1000, ...(prefix && { prefix }), ...payer(request) }
  let place: { keyMarker?: string; uploadIdMarker?: string } = {}
  for (;;) {
    const page = await send(core, listMultipartUploads, { ...fixed, ...place }, { signal })
    yield* page.uploads ?? []
    const { isTruncated, nextKeyMarker, nextUploadIdMarker } = page
    if (!isTruncated || nextKeyMarker === undefined) return
    place = { keyMarker: nextKeyMarker, ...(nextUploadIdMarker && { uploadIdMarker: nextUploadIdMarker }) }
  }
}
