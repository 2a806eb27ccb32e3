import type { PutObjectRequest } from '../operations/index.js'
import type { CheckpointOptions, TransferOptions } from './options.js'

/** Options of an {@link Uploader}. */
export interface UploaderOptions extends TransferOptions, CheckpointOptions {
  /**
   * Keeps the parts that have arrived when an upload fails, instead of removing them. With `enableCheckpoint` an upload of a
   * file keeps them in any case, to go on from there.
   * @default false
   */
  leavePartsOnError?: boolean
  /**
   * For {@link Uploader.uploadFrom}: about how many bytes the stream will give. Parts are then cut so that they suffice. A
   * stream may be shorter or longer.
   */
  expectedSize?: number
}

/** What to upload to, and the object's properties. */
export type UploadRequest = Omit<PutObjectRequest, 'body' | 'contentLength' | 'contentMd5'>

/** Outcome of an upload. */
export interface UploadResult {
  /** HTTP status of the answer that made the object. */
  statusCode: number
  /** Identifies that request in the service's logs. */
  requestId: string
  /** Headers of that answer, names in lower case. */
  headers: Record<string, string>
  /** Id of the multipart upload; absent when one request was enough. */
  uploadId?: string
  /** The object's entity tag. For multipart uploads it is not an MD5. */
  etag?: string
  /** The new version, in a versioned bucket. */
  versionId?: string
  /** CRC-64 of the whole object, decimal, as computed here and confirmed by the service. */
  hashCrc64: string
  /** Answer of the callback, if one was asked for. */
  callbackResult?: string
}

/** The fields of an upload's request, by the request of a multipart upload that carries them. */
export interface SplitRequest {
  /** For PutObject, when one request is enough. */
  readonly put: UploadRequest
  /** For InitiateMultipartUpload: everything that describes the object. */
  readonly initiate: UploadRequest
  /** For each UploadPart. */
  readonly part: Pick<UploadRequest, 'trafficLimit' | 'requestPayer' | 'headers'>
  /** For CompleteMultipartUpload: what counts at the moment when the object appears. */
  readonly complete: Pick<UploadRequest, 'acl' | 'forbidOverwrite' | 'callback' | 'callbackVar' | 'requestPayer'>
  /** For all other requests about the upload. */
  readonly other: Pick<UploadRequest, 'requestPayer'>
}

/** An upload's request with what encryption adds to it. */
export interface EncryptedUploadRequest extends UploadRequest {
  /** Headers for each UploadPart. */
  readonly partHeaders?: Record<string, string>
}

/** Says which request of a multipart upload carries which field. */
export function splitRequest(request: EncryptedUploadRequest): SplitRequest {
  // Length and digest of the body are no concern of a caller who does not know how it is cut; from JavaScript they may come.
  const everything = request as PutObjectRequest & EncryptedUploadRequest
  const { progressFn, body, contentLength, contentMd5, partHeaders, ...put } = everything
  const { acl, callback, callbackVar, trafficLimit, ...initiate } = put
  const { forbidOverwrite, requestPayer } = put
  const other = given({ requestPayer })
  return {
    put,
    initiate,
    part: { ...given({ trafficLimit, headers: partHeaders }), ...other },
    complete: { ...given({ acl, forbidOverwrite, callback, callbackVar }), ...other },
    other,
  }
}

function given<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>
}
