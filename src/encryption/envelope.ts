import { DecryptionError } from '../errors.js'

/** Common beginning of the names, without `x-oss-meta-`. */
const prefix = 'client-side-encryption-'
const headerPrefix = `x-oss-meta-${prefix}`

/** What is stored with an encrypted object so that its owner can decrypt it. Nothing in it is secret, or to be trusted. */
export interface Envelope {
  /** The content key, wrapped by a master key. */
  readonly wrappedKey: Uint8Array
  /** Start value: wrapped for the compatible format, the seal's parameters for the sealed one. */
  readonly start: Uint8Array
  /** Format of the content. */
  readonly cekAlgorithm: string
  /** How the key is wrapped. */
  readonly wrapAlgorithm: string
  /** Which master key wrapped it, JSON or `''`. */
  readonly matDesc: string
}

/** Further facts that may travel with an envelope. */
export interface EnvelopeNotes {
  /** Length of the plaintext, when it was known beforehand. */
  readonly plainLength?: number | undefined
  /** Base64 of the plaintext's MD5, when the caller gave it. */
  readonly plainMd5?: string | undefined
  /** Length of all parts together, for multipart uploads. */
  readonly dataSize?: number | undefined
  /** Length of one part, for multipart uploads. */
  readonly partSize?: number | undefined
}

/** The envelope as user metadata: values by name without `x-oss-meta-`. */
export function envelopeMetadata(envelope: Envelope, notes: EnvelopeNotes = {}): Record<string, string> {
  const values: Record<string, string | number | undefined> = {
    key: base64(envelope.wrappedKey),
    start: base64(envelope.start),
    'cek-alg': envelope.cekAlgorithm,
    'wrap-alg': envelope.wrapAlgorithm,
    matdesc: envelope.matDesc === '' ? undefined : envelope.matDesc,
    'unencrypted-content-length': notes.plainLength,
    'unencrypted-content-md5': notes.plainMd5,
    'data-size': notes.dataSize,
    'part-size': notes.partSize,
  }
  const metadata: Record<string, string> = {}
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) metadata[prefix + name] = String(value)
  }
  return metadata
}

/** The envelope as headers. */
export function envelopeHeaders(envelope: Envelope, notes: EnvelopeNotes = {}): Record<string, string> {
  const entries = Object.entries(envelopeMetadata(envelope, notes))
  return Object.fromEntries(entries.map(([name, value]) => [`x-oss-meta-${name}`, value]))
}

/**
 * Reads the envelope from the headers of an answer; `undefined` for an object without one. Any sign of encryption makes it
 * one: an object whose envelope was damaged must not pass for plain content.
 *
 * @throws DecryptionError for an envelope that is not whole
 */
export function readEnvelope(headers: Readonly<Record<string, string>>): Envelope | undefined {
  const value = (name: string) => headers[headerPrefix + name] ?? ''
  const present = ['key', 'start', 'cek-alg', 'wrap-alg'].filter(name => value(name) !== '')
  if (present.length === 0) return undefined
  return checkEnvelope(value('key'), value('start'), value('cek-alg'), value('wrap-alg'), value('matdesc'))
}

/** Makes an envelope from its parts as text. @throws DecryptionError when one is missing or not base64 */
export function checkEnvelope(
  key: string,
  start: string,
  cekAlgorithm: string,
  wrapAlgorithm: string,
  matDesc: string,
): Envelope {
  if (cekAlgorithm === '' || wrapAlgorithm === '') throw new DecryptionError()
  return { wrappedKey: unbase64(key), start: unbase64(start), cekAlgorithm, wrapAlgorithm, matDesc }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** Strict: Node would pass over whatever is not base64. */
function unbase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length === 0 || bytes.toString('base64') !== text) throw new DecryptionError()
  return bytes
}
