import { bucketName, required } from '../binding/field.js'
import { type OperationData, type OperationRequest, type OperationResult, operation } from '../binding/operation.js'
import { postObject } from './post/operation.js'

interface BucketOnly extends OperationRequest {
  readonly bucket: string
}

/** What browsers ask before they post a form: it goes to the bucket, so there is no key to ask about. */
const optionBucket = operation<BucketOnly, OperationResult>({
  name: 'OptionObject',
  method: 'OPTIONS',
  request: { bucket: required(bucketName) },
  response: {},
})

/** Operations of the service that clients do not send themselves, by the names of their handlers. */
export const serverOperations: Readonly<Record<string, OperationData>> = { postObject, optionBucket }
