import { DecryptionError } from '../errors.js'
import { cancellable, openAddonReader, openAddonWriter } from './addon-files.js'
import { AddonSmallFiles, openAddonFolder } from './addon-small-files.js'
import type { Addon, AddonAesCtr, AddonError } from './addon-types.js'
import { openAddonWire } from './addon-wire.js'
import { partBuffers } from './buffer-pool.js'
import {
  checkBytes,
  checkChecksum,
  checkCipher,
  checkInteger,
  checkPadding,
  checkPath,
  checkSegments,
  checkSignal,
} from './checks.js'
import type { AesCtr, CipherSpec, NativeEngine } from './engine.js'
import { openFallbackFolder } from './fallback-small-files.js'
import { keyError, messageError, normalizePem } from './pem.js'
import { segmentsLength } from './segments.js'

/** Elsewhere sockets have no file descriptor that could be shared. The variable is there to find out whether they are to blame. */
const hasWires = process.platform !== 'win32' && process.env.FERROSS_WIRES !== 'off'

/** Gives the addon its pleasant shape. To be called once for each thread. */
export function createAddonEngine(addon: Addon): NativeEngine {
  const engine = new addon.Engine()
  const smallFiles = new AddonSmallFiles(engine)
  return {
    kind: 'addon',
    pool: partBuffers,

    crc64(data, previous = 0n) {
      checkBytes('data', data)
      checkChecksum('previous', previous)
      return addon.crc64(data, previous)
    },

    crc64Combine(first, second, secondLength) {
      checkChecksum('first', first)
      checkChecksum('second', second)
      checkInteger('secondLength', secondLength)
      return addon.crc64Combine(first, second, secondLength)
    },

    aesCtr: spec => new CheckedAesCtr(addon, spec),

    async rsaEncrypt(publicKeyPem, data, padding = 'pkcs1') {
      checkBytes('data', data)
      checkPadding(padding)
      const pem = normalizePem('public', publicKeyPem)
      return engine.rsaEncrypt(pem, data, padding === 'oaep').catch(error => rethrowRsa(error, 'public'))
    },

    async rsaDecrypt(privateKeyPem, data, padding = 'pkcs1') {
      checkBytes('data', data)
      checkPadding(padding)
      const pem = normalizePem('private', privateKeyPem)
      return engine.rsaDecrypt(pem, data, padding === 'oaep').catch(error => rethrowRsa(error, 'private'))
    },

    async sealSegments(spec, plain, output, signal) {
      checkSegments(spec)
      checkBytes('plain', plain)
      checkBytes('output', output, segmentsLength(plain.length, spec.segmentSize, spec.last))
      checkSignal(signal)
      return cancellable(addon, signal, cancellation => engine.sealSegments(spec, plain, output, cancellation))
    },

    async openSegments(spec, sealed, signal) {
      checkSegments(spec)
      checkBytes('sealed', sealed)
      checkSignal(signal)
      return cancellable(addon, signal, cancellation =>
        engine.openSegments(spec, sealed, cancellation).catch((error: AddonError) => {
          throw error.code === 'Decryption' ? new DecryptionError() : error
        }),
      )
    },

    async openPartReader(path) {
      checkPath(path)
      return openAddonReader(addon, engine, path)
    },

    async openPartWriter(path, options) {
      checkPath(path)
      checkInteger('size', options?.size)
      return openAddonWriter(addon, engine, path, options.size, options.existing ?? false)
    },

    ...(hasWires && { openWire: (fd, tls, name) => openAddonWire(addon, engine, fd, tls, name) }),

    async readSmallFile(path, buffer, follow) {
      checkPath(path)
      checkBytes('buffer', buffer)
      return smallFiles.read(path, buffer, follow)
    },

    async openFolder(path) {
      checkPath(path)
      // Windows opens nothing by its name in an open folder.
      return engine.openFolder ? openAddonFolder(addon, engine.openFolder(path), path) : openFallbackFolder(path)
    },
  }
}

class CheckedAesCtr implements AesCtr {
  readonly #stream: AddonAesCtr

  constructor(addon: Addon, spec: CipherSpec) {
    checkCipher('', spec)
    this.#stream = new addon.AesCtr(spec)
  }

  apply(data: Uint8Array, output?: Uint8Array): Uint8Array {
    checkBytes('data', data)
    if (output !== undefined) checkBytes('output', output, data.length)
    this.#stream.apply(data, output)
    return output ?? data
  }
}

function rethrowRsa(error: AddonError, kind: 'public' | 'private'): never {
  switch (error.code) {
    case 'KeyInvalid':
      throw keyError(kind)
    case 'MessageTooLong':
      throw messageError()
    case 'Decryption':
      throw new DecryptionError()
    default:
      throw error
  }
}
