import { text } from '../binding/codec.js'
import { document, element } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import {
  type BucketRequest,
  bucketRequest,
  type KmsDataEncryption,
  kmsDataEncryption,
  type SseAlgorithm,
  sseAlgorithm,
} from './shared.js'

/** Input of {@link putBucketEncryption}. */
export interface PutBucketEncryptionRequest extends BucketRequest {
  /** New rule. The service refuses a request without it. */
  serverSideEncryptionRule?: ServerSideEncryptionRule
}

/** Result of {@link putBucketEncryption}. */
export interface PutBucketEncryptionResult extends OperationResult {}

/** Method by which a bucket encrypts new objects. */
export interface ApplyServerSideEncryptionByDefault {
  /** Id of the key in KMS. Only for `KMS`; absent means the default key. */
  kmsMasterKeyId?: string
  /** Cipher under `KMS`. Absent means AES-256. */
  kmsDataEncryption?: KmsDataEncryption
  /** Method. The service refuses a rule without it. */
  sseAlgorithm?: SseAlgorithm
}

const applyServerSideEncryptionByDefaultShape = shape<ApplyServerSideEncryptionByDefault>({
  kmsMasterKeyId: element('KMSMasterKeyID', text),
  kmsDataEncryption: element('KMSDataEncryption', kmsDataEncryption),
  sseAlgorithm: element('SSEAlgorithm', sseAlgorithm),
})

/** Rule by which a bucket encrypts at rest. */
export interface ServerSideEncryptionRule {
  /** Method for new objects whose request names none. */
  applyServerSideEncryptionByDefault?: ApplyServerSideEncryptionByDefault
}

const serverSideEncryptionRuleShape = shape<ServerSideEncryptionRule>({
  applyServerSideEncryptionByDefault: element(
    'ApplyServerSideEncryptionByDefault',
    applyServerSideEncryptionByDefaultShape,
  ),
})

/**
 * Sets how new objects are encrypted when their request says nothing; existing ones stay as they are. Fails with
 * `InvalidEncryptionAlgorithmError` (400) for an unknown method, `InvalidArgument` (400) for a key without `KMS`,
 * `AccessDenied` (403) for anyone but the owner.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketencryption
 */
export const putBucketEncryption = operation<PutBucketEncryptionRequest, PutBucketEncryptionResult>({
  name: 'PutBucketEncryption',
  method: 'PUT',
  query: { encryption: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['encryption'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    serverSideEncryptionRule: document('ServerSideEncryptionRule', serverSideEncryptionRuleShape),
  },
  response: {},
})

/** Input of {@link getBucketEncryption}. */
export interface GetBucketEncryptionRequest extends BucketRequest {}

/** Result of {@link getBucketEncryption}. */
export interface GetBucketEncryptionResult extends OperationResult {
  /** Present rule. */
  serverSideEncryptionRule?: ServerSideEncryptionRule
}

/**
 * Reads how new objects are encrypted by default. Fails with `NoSuchServerSideEncryptionRule` (404) when there is no
 * rule, `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketencryption
 */
export const getBucketEncryption = operation<GetBucketEncryptionRequest, GetBucketEncryptionResult>({
  name: 'GetBucketEncryption',
  method: 'GET',
  query: { encryption: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['encryption'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: { serverSideEncryptionRule: document('ServerSideEncryptionRule', serverSideEncryptionRuleShape) },
})

/** Input of {@link deleteBucketEncryption}. */
export interface DeleteBucketEncryptionRequest extends BucketRequest {}

/** Result of {@link deleteBucketEncryption}. */
export interface DeleteBucketEncryptionResult extends OperationResult {}

/**
 * Removes the encryption rule, also when there is none; encrypted objects stay encrypted. Fails with `AccessDenied`
 * (403) for anyone but the owner.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deletebucketencryption
 */
export const deleteBucketEncryption = operation<DeleteBucketEncryptionRequest, DeleteBucketEncryptionResult>({
  name: 'DeleteBucketEncryption',
  method: 'DELETE',
  query: { encryption: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['encryption'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: {},
})
