import type { ClientCore } from '../client/core.js'
import { ParamInvalidError, ParamRequiredError } from '../errors.js'
import { listObjectVersions } from '../operations/index.js'
import { send } from '../pipeline/send.js'
import { DeleteBatches, type DeleteTarget, type Doomed } from './directory-delete.js'
import {
  checkChoice,
  checkDirectoryOptions,
  type DirectoryOptions,
  type DirectorySummary,
} from './directory-options.js'
import { DirectoryRun } from './directory-run.js'
import { ObjectLister } from './list-all.js'

/** What {@link Client.deletePrefix} deletes. */
export interface DeletePrefixRequest extends DeleteTarget {
  /** Name of the bucket. */
  bucket: string
  /** Beginning of the keys, as it is: `a` also means `abc`. End it in `/` for a folder. */
  prefix: string
}

/** Options of {@link Client.deletePrefix}. */
export interface DeletePrefixOptions extends Omit<DirectoryOptions, 'onProgress'> {
  /**
   * Deletes all versions and delete markers for good. Without it a versioned bucket keeps the objects under delete markers.
   * @default false
   */
  versions?: boolean
  /** Permits the empty prefix, which means every object of the bucket. @default false */
  wholeBucket?: boolean
}

/** Deletes all objects with a prefix. @internal Use {@link Client.deletePrefix}. */
export async function deletePrefix(
  core: ClientCore,
  request: DeletePrefixRequest,
  options: DeletePrefixOptions = {},
): Promise<DirectorySummary> {
  checkDirectoryOptions(options, ['versions', 'wholeBucket'])
  checkChoice('versions', options.versions, [true, false])
  if (typeof request?.prefix !== 'string') throw new ParamRequiredError('prefix')
  if (request.prefix === '' && options.wholeBucket !== true)
    throw new ParamInvalidError('prefix', 'empty means the whole bucket: confirm it with the option wholeBucket')
  const { prefix, ...target } = request
  const run = new DirectoryRun(options)
  return run.complete(async () => {
    const batches = new DeleteBatches(core, run, target)
    const { parallelFiles } = options
    const found = options.versions
      ? listVersions(core, request, run.signal)
      : new ObjectLister(core, request, {
          signal: run.signal,
          ...(parallelFiles !== undefined && { parallel: parallelFiles }),
        })
    for await (const doomed of found as AsyncIterable<Doomed>) {
      if (run.filter.takes(doomed.key.slice(prefix.length))) await batches.add(doomed)
    }
    await batches.flush()
  })
}

/** Versions and delete markers. Markers of the listing stay valid when what they name has been deleted. */
async function* listVersions(
  core: ClientCore,
  { bucket, prefix, requestPayer }: DeletePrefixRequest,
  signal: AbortSignal,
): AsyncGenerator<Doomed> {
  const fixed = { bucket, prefix, maxKeys: 1000, ...(requestPayer !== undefined && { requestPayer }) }
  let place: { keyMarker?: string; versionIdMarker?: string } = {}
  for (;;) {
    const page = await send(core, listObjectVersions, { ...fixed, ...place }, { signal })
    yield* [...(page.version ?? []), ...(page.deleteMarker ?? [])] as Doomed[]
    const { isTruncated, nextKeyMarker, nextVersionIdMarker } = page
    if (!isTruncated || nextKeyMarker === undefined) return
    place = {
      keyMarker: nextKeyMarker,
      ...(nextVersionIdMarker !== undefined && nextVersionIdMarker !== '' && { versionIdMarker: nextVersionIdMarker }),
    }
  }
}
