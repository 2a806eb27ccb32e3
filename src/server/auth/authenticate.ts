import { algorithmV4 } from '../../signing/v4.js'
import type { Address } from '../addressing.js'
import { Failure } from '../failure.js'
import type { Incoming } from '../incoming.js'
import type { Identity, Verifier } from './identity.js'
import { verifyHeaderV1, verifyQueryV1 } from './verify-v1.js'
import { verifyHeaderV4, verifyQueryV4 } from './verify-v4.js'

/**
 * Finds out who sent a request by its signature: V4 or V1, in a header or in the query. Without any signature the request
 * is anonymous.
 * @param own query names that V1 signs for this operation besides its list
 * @throws Failure what the service says about the signature
 */
export function authenticate(
  incoming: Incoming,
  address: Address,
  verifier: Verifier,
  own: readonly string[],
): Identity {
  const { headers, query } = incoming
  const { authorization } = headers
  if (authorization !== undefined) {
    if (authorization.startsWith(`${algorithmV4} `)) return verifyHeaderV4(incoming, address, verifier)
    if (/^OSS\s/.test(authorization)) return verifyHeaderV1(incoming, address, verifier, own)
    throw new Failure('InvalidArgument', { message: 'Unsupported Authorization Type.', ec: '0002-00000001' })
  }
  if ('x-oss-signature-version' in query || 'x-oss-credential' in query) {
    if (query['x-oss-signature-version'] !== algorithmV4) {
      throw new Failure('InvalidArgument', { message: 'Unsupported x-oss-signature-version.', ec: '0002-00000201' })
    }
    return verifyQueryV4(incoming, address, verifier)
  }
  if ('OSSAccessKeyId' in query || 'Signature' in query) return verifyQueryV1(incoming, address, verifier, own)
  return { accessKeyId: undefined }
}
