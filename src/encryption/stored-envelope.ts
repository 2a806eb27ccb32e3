import type { ListPartsResult } from '../operations/index.js'
import type { EncryptedUploadRequest, UploadRequest } from '../transfer/upload-request.js'
import { checkEnvelope, type Envelope, type EnvelopeNotes, envelopeHeaders, envelopeMetadata } from './envelope.js'

/** An upload's request with the envelope, for the object and for each part. */
export function storedRequest(
  request: UploadRequest,
  envelope: Envelope,
  notes: EnvelopeNotes,
): EncryptedUploadRequest {
  const metadata = { ...request.metadata, ...envelopeMetadata(envelope, notes) }
  return { ...request, metadata, partHeaders: envelopeHeaders(envelope, notes) }
}

/** An envelope as one line of text, for a journal. The key in it is wrapped. */
export function envelopeText(envelope: Envelope): string {
  return JSON.stringify(envelopeMetadata(envelope))
}

/** Reads {@link envelopeText}; `undefined` for anything else. */
export function parseEnvelopeText(text: unknown): Envelope | undefined {
  if (typeof text !== 'string') return undefined
  try {
    const values = JSON.parse(text) as Record<string, string | undefined>
    const value = (name: string) => values[`client-side-encryption-${name}`] ?? ''
    return checkEnvelope(value('key'), value('start'), value('cek-alg'), value('wrap-alg'), value('matdesc'))
  } catch {
    return undefined
  }
}

/** The envelope of an upload as the service lists it, which is without `matDesc`; `undefined` where it lists none. */
export function listedEnvelope(parts: ListPartsResult, matDesc: string): Envelope | undefined {
  const { clientEncryptionKey, clientEncryptionStart, clientEncryptionCekAlg, clientEncryptionWrapAlg } = parts
  if (clientEncryptionKey === undefined || clientEncryptionStart === undefined) return undefined
  const algorithms = [clientEncryptionCekAlg ?? '', clientEncryptionWrapAlg ?? ''] as const
  return checkEnvelope(clientEncryptionKey, clientEncryptionStart, ...algorithms, matDesc)
}
