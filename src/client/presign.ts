import type { RequestDraft } from '../binding/draft.js'
import { encodeRequest } from '../binding/encode-request.js'
import type { Operation, OperationRequest } from '../binding/operation.js'
import { ParamInvalidError, PresignExpirationError } from '../errors.js'
import { fetchCredentials, signingContext } from '../pipeline/sign.js'
import { encodeQuery } from '../signing/encode.js'
import type { ClientCore } from './core.js'

/** How long a presigned URL works: give one of the two, or none for 15 minutes. */
export interface PresignOptions {
  /** Seconds from now. @default 900 */
  expires?: number
  /** Moment after which the URL stops working. */
  expiration?: Date
  /** Ends a slow fetch of credentials. */
  signal?: AbortSignal
}

/** A request that anyone can send without credentials, until it expires. */
export interface PresignResult {
  /** Method to use. */
  method: string
  /** URL to use, exactly as it is. It grants access: treat it as a secret. */
  url: string
  /** When the URL stops working. */
  expiration: Date
  /** Headers that must be sent along, with exactly these values. */
  signedHeaders: Record<string, string>
}

const defaultSeconds = 15 * 60
const longestUnderV4 = 7 * 24 * 3600

/** Signs a request in its URL. */
export async function presign<Req extends OperationRequest>(
  core: ClientCore,
  operation: Operation<Req, unknown>,
  request: Req,
  options: PresignOptions = {},
): Promise<PresignResult> {
  const now = Date.now() + core.clockOffset
  const expiration = expirationOf(options, now)
  if (core.options.signatureVersion === 'v4' && expiration.getTime() - now > longestUnderV4 * 1000) {
    throw new PresignExpirationError({ operation: operation.name })
  }
  const draft = encodeRequest(operation, request)
  dropDefaultEncoding(draft, request)
  const { scheme, host, path } = core.target(draft.bucket, draft.key)
  let { query } = draft
  const signedHeaders: Record<string, string> = {}
  if (!core.anonymous) {
    const credentials = await fetchCredentials(core, options.signal)
    const context = { ...signingContext(core, draft, operation.subResource, credentials), signingTime: new Date(now) }
    for (const name of core.signer.presign(context, expiration)) signedHeaders[name] = context.headers[name] as string
    query = context.query
  }
  const search = encodeQuery(query, { bareEmpty: true })
  return {
    method: operation.method,
    url: `${scheme}://${host}${path}${search === '' ? '' : `?${search}`}`,
    expiration,
    signedHeaders,
  }
}

/** When something signed now stops working. @throws ParamInvalidError naming the option that is wrong */
export function expirationOf({ expires, expiration }: PresignOptions, now: number): Date {
  if (expiration !== undefined) {
    if (!(expiration instanceof Date) || Number.isNaN(expiration.getTime())) {
      throw new ParamInvalidError('expiration', 'expected a valid Date')
    }
    if (expiration.getTime() <= now) throw new ParamInvalidError('expiration', 'is in the past')
    return expiration
  }
  const seconds = expires ?? defaultSeconds
  if (!Number.isSafeInteger(seconds) || seconds < 1) {
    throw new ParamInvalidError('expires', 'expected whole seconds, at least 1')
  }
  return new Date(now + seconds * 1000)
}

/** A URL for others asks for encoded names only when its maker did: whoever opens it may not decode them. */
function dropDefaultEncoding(draft: RequestDraft, request: OperationRequest): void {
  const asked = ('encodingType' in request && request.encodingType) ?? request.parameters?.['encoding-type']
  if (!asked) delete draft.query['encoding-type']
}
