import { ParamInvalidError } from '../errors.js'
import type { WriteFormat } from './content-keys.js'
import { checkMasterCipher, type MasterCipher } from './master-cipher.js'
import { checkSegmentSize, defaultSegmentSize } from './seal-parameters.js'

/** Options of an {@link EncryptionClient}. */
export interface EncryptionClientOptions {
  /** Master ciphers for reading objects whose `matDesc` is theirs, such as those of former keys. @default none */
  decryptMasterCiphers?: readonly MasterCipher[]
  /**
   * How objects are written. `ctr` is what all OSS SDKs read and write; it hides content but does not notice deliberate
   * changes. `sealed` is ferross's own authenticated format, which only ferross reads.
   * @default 'ctr'
   */
  format?: 'ctr' | 'sealed'
  /**
   * What reading accepts: `any` also objects that are not encrypted, `encrypted` either format, `sealed` only what proves to
   * be unchanged. Anything else is a `DecryptionError`.
   * @default 'any', and 'sealed' where `format` is sealed
   */
  accept?: 'any' | 'encrypted' | 'sealed'
  /** Plaintext bytes that are verified together in the sealed format: a power of two, 4 KiB to 16 MiB. @default 64 KiB */
  segmentSize?: number
  /**
   * Whether a sealed object can be read only under the bucket and key that it was written to. Without it, a copy of the
   * object, or another object of the same master key put in its place, decrypts too.
   * @default true
   */
  bindLocation?: boolean
}

/** Options after defaults and checks. */
export interface EncryptionSettings extends WriteFormat {
  readonly decryptMasterCiphers: readonly MasterCipher[]
  readonly accept: 'any' | 'encrypted' | 'sealed'
}

const known = ['decryptMasterCiphers', 'format', 'accept', 'segmentSize', 'bindLocation']

/** Checks options and fills in defaults. @throws ParamInvalidError naming the option */
export function resolveEncryptionOptions(options: EncryptionClientOptions): EncryptionSettings {
  if (typeof options !== 'object' || options === null) throw new ParamInvalidError('options', 'expected an object')
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new ParamInvalidError(name, 'there is no option of this name')
  }
  const { format = 'ctr', segmentSize = defaultSegmentSize, bindLocation = true, decryptMasterCiphers = [] } = options
  const { accept = format === 'sealed' ? 'sealed' : 'any' } = options
  if (!['ctr', 'sealed'].includes(format)) throw new ParamInvalidError('format', "expected 'ctr' or 'sealed'")
  if (!['any', 'encrypted', 'sealed'].includes(accept)) {
    throw new ParamInvalidError('accept', "expected 'any', 'encrypted' or 'sealed'")
  }
  if (typeof bindLocation !== 'boolean') throw new ParamInvalidError('bindLocation', 'expected a boolean')
  checkSegmentSize(segmentSize)
  if (!Array.isArray(decryptMasterCiphers)) throw new ParamInvalidError('decryptMasterCiphers', 'expected an array')
  for (const [index, cipher] of decryptMasterCiphers.entries()) {
    checkMasterCipher(`decryptMasterCiphers[${index}]`, cipher)
  }
  return { format, accept, segmentSize, bindLocation, decryptMasterCiphers: [...decryptMasterCiphers] }
}
