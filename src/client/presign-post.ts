import { checkBucketName } from '../binding/encode-request.js'
import { ParamInvalidError, ParamRequiredError, PresignExpirationError } from '../errors.js'
import { fetchCredentials } from '../pipeline/sign.js'
import { type PresignPostRequest, postFields } from '../signing/post-object.js'
import { maxPresignSecondsV4 } from '../signing/v4.js'
import type { ClientCore } from './core.js'
import { expirationOf, type PresignOptions } from './presign.js'

/** A form that anyone can send without credentials, until it expires. */
export interface PresignPostResult {
  /** Where to post the form, as `multipart/form-data`. */
  url: string
  /**
   * Fields of the form in order; the file follows them in a last field `file`. They grant access: treat them as a secret.
   */
  fields: Record<string, string>
  /** When the form stops working. */
  expiration: Date
}

/** Signs a form. Nothing is sent. */
export async function presignPost(
  core: ClientCore,
  request: PresignPostRequest,
  options: PresignOptions = {},
): Promise<PresignPostResult> {
  const operation = 'PostObject'
  if (typeof request !== 'object' || request === null) throw new ParamInvalidError('request', 'expected an object')
  if (request.bucket === undefined) throw new ParamRequiredError('bucket', { operation })
  checkBucketName(String(request.bucket))
  const now = Date.now() + core.clockOffset
  const expiration = expirationOf(options, now)
  const version = core.options.signatureVersion
  if (version === 'v4' && expiration.getTime() - now > maxPresignSecondsV4 * 1000) {
    throw new PresignExpirationError({ operation })
  }
  if (core.anonymous) throw new ParamInvalidError('credentialsProvider', 'a form cannot be signed anonymously')
  const credentials = await fetchCredentials(core, options.signal)
  const { region, product } = core
  const signing = { version, credentials, region, product, signingTime: new Date(now), expiration }
  const fields = postFields(request, signing)
  const { scheme, host, path } = core.target(request.bucket, undefined)
  return { url: `${scheme}://${host}${path}`, fields, expiration }
}
