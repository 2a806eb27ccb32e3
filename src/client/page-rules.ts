import type {
  ListBucketsResult,
  ListMultipartUploadsResult,
  ListObjectsResult,
  ListObjectsV2Result,
  ListObjectVersionsResult,
  ListPartsResult,
} from '../operations/index.js'
import { truncatedRule } from './paginator.js'

/** Pages of ListBuckets. */
export const listBucketsRule = truncatedRule(
  'maxKeys',
  (page: ListBucketsResult) => page.buckets ?? [],
  page => ({ marker: page.nextMarker }),
)
/** Pages of ListObjects. */
export const listObjectsRule = truncatedRule(
  'maxKeys',
  (page: ListObjectsResult) => page.contents ?? [],
  // Without a delimiter some services leave NextMarker out; the last key says the same.
  page => ({ marker: page.nextMarker ?? page.contents?.at(-1)?.key }),
)
/** Pages of ListObjectsV2. */
export const listObjectsV2Rule = truncatedRule(
  'maxKeys',
  (page: ListObjectsV2Result) => page.contents ?? [],
  page => ({ continuationToken: page.nextContinuationToken }),
)
/** Pages of ListObjectVersions. */
export const listObjectVersionsRule = truncatedRule(
  'maxKeys',
  (page: ListObjectVersionsResult) => [...(page.version ?? []), ...(page.deleteMarker ?? [])],
  page => ({ keyMarker: page.nextKeyMarker, versionIdMarker: page.nextVersionIdMarker }),
)
/** Pages of ListParts. */
export const listPartsRule = truncatedRule(
  'maxParts',
  (page: ListPartsResult) => page.parts ?? [],
  page => ({ partNumberMarker: page.nextPartNumberMarker?.toString() }),
)
/** Pages of ListMultipartUploads. */
export const listMultipartUploadsRule = truncatedRule(
  'maxUploads',
  (page: ListMultipartUploadsResult) => page.uploads ?? [],
  page => ({ keyMarker: page.nextKeyMarker, uploadIdMarker: page.nextUploadIdMarker }),
)
