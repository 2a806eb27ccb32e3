import { bucketName, callbackText, required } from '../../binding/field.js'
import { type OperationRequest, type OperationResult, operation } from '../../binding/operation.js'

interface PostObjectRequest extends OperationRequest {
  readonly bucket: string
}

interface PostObjectResult extends OperationResult {
  readonly callbackResult?: string
}

/** Upload by a form of a web page. Clients build the form and send it themselves, so it is not among their operations. */
export const postObject = operation<PostObjectRequest, PostObjectResult>({
  name: 'PostObject',
  method: 'POST',
  request: { bucket: required(bucketName) },
  response: { callbackResult: callbackText },
})
