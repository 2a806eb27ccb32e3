import { int, type Open, oneOf } from '../binding/codec.js'
import { document, element, header } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import {
  type ObjectRequest,
  type ObjectVersion,
  objectRequest,
  objectVersion,
  type RequesterPays,
  requesterPays,
  type VersionedResult,
  versionedResult,
} from './shared.js'

/** Input of {@link restoreObject}. */
export interface RestoreObjectRequest extends ObjectRequest, ObjectVersion, RequesterPays {
  /** How long and how fast. Without it, one day at the standard pace. */
  restoreRequest?: RestoreRequest
}

/** Result of {@link restoreObject}. */
export interface RestoreObjectResult extends VersionedResult {
  /** Pace of the restore. Absent for Archive objects. */
  restorePriority?: RestoreTier
}

/**
 * How fast a restore is. Cold Archive: an hour, 2 to 5 hours, 5 to 12 hours. Deep Cold Archive: 12 hours (`Expedited`),
 * 48 hours (`Standard`).
 */
export type RestoreTier = Open<'Expedited' | 'Standard' | 'Bulk'>

const restoreTier = oneOf('Expedited', 'Standard', 'Bulk')

/** Parameters of the work behind a restore. */
export interface JobParameters {
  /** Pace. The faster, the dearer. @default 'Standard' */
  tier?: RestoreTier
}

const jobParametersShape = shape<JobParameters>({ tier: element('Tier', restoreTier) })

/** How an archived object is to be restored. */
export interface RestoreRequest {
  /** Days for which the object stays readable: 1 to 7 for Archive, 1 to 365 for the colder classes. @default 1 */
  days?: number
  /** Pace. Only for Cold Archive and Deep Cold Archive. */
  jobParameters?: JobParameters
}

const restoreRequestShape = shape<RestoreRequest>({
  days: element('Days', int),
  jobParameters: element('JobParameters', jobParametersShape),
})

/**
 * Makes an archived object readable for some days; it takes a minute (Archive) to two days (Deep Cold Archive). Status
 * 202 when the work begins, 200 when the period of a restored object was extended. Fails with
 * `RestoreAlreadyInProgress` (409), `OperationNotSupported` (400) for objects that need no restoring, `NoSuchKey`
 * (404), `MalformedXML` for a tier on an Archive object.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/restoreobject
 */
export const restoreObject = operation<RestoreObjectRequest, RestoreObjectResult>({
  name: 'RestoreObject',
  method: 'POST',
  query: { restore: '' },
  headers: { 'content-type': 'application/xml' },
  request: {
    ...objectRequest,
    ...objectVersion,
    ...requesterPays,
    restoreRequest: document('RestoreRequest', restoreRequestShape),
  },
  response: { ...versionedResult, restorePriority: header('x-oss-object-restore-priority', restoreTier) },
})

/** Input of {@link cleanRestoredObject}. */
export interface CleanRestoredObjectRequest extends ObjectRequest {}

/** Result of {@link cleanRestoredObject}. */
export interface CleanRestoredObjectResult extends OperationResult {}

/**
 * Ends the readable period of a restored object at once, and with it the cost of the copy. Fails with
 * `ArchiveRestoreFileStale` (409) when the object is not restored, `ArchiveRestoreNotFinished` (409) while the restore
 * is running.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/cleanrestoredobject
 */
export const cleanRestoredObject = operation<CleanRestoredObjectRequest, CleanRestoredObjectResult>({
  name: 'CleanRestoredObject',
  method: 'POST',
  query: { cleanRestoredObject: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['cleanRestoredObject'],
  contentMd5: true,
  request: { ...objectRequest },
  response: {},
})
