import { partBuffers } from './buffer-pool.js'
import {
  checkBytes,
  checkChecksum,
  checkInteger,
  checkPadding,
  checkPath,
  checkSegments,
  checkSignal,
} from './checks.js'
import type { NativeEngine } from './engine.js'
import { FallbackAesCtr } from './fallback-aes-ctr.js'
import { crc64, crc64Combine } from './fallback-crc64.js'
import { openFallbackReader, openFallbackWriter } from './fallback-files.js'
import { rsaDecrypt, rsaEncrypt } from './fallback-rsa.js'
import { openSegments, sealSegments } from './fallback-segments.js'
import { openFallbackFolder, readFallbackFile } from './fallback-small-files.js'
import { segmentsLength } from './segments.js'

/**
 * The engine in TypeScript, for where the addon cannot be loaded. Gives the same answers and errors, at about 1 GB/s, and does
 * its arithmetic on the JavaScript thread.
 */
export const fallbackEngine: NativeEngine = {
  kind: 'fallback',
  pool: partBuffers,

  crc64(data, previous = 0n) {
    checkBytes('data', data)
    checkChecksum('previous', previous)
    return crc64(data, previous)
  },

  crc64Combine(first, second, secondLength) {
    checkChecksum('first', first)
    checkChecksum('second', second)
    checkInteger('secondLength', secondLength)
    return crc64Combine(first, second, secondLength)
  },

  aesCtr: spec => new FallbackAesCtr(spec),

  async rsaEncrypt(publicKeyPem, data, padding = 'pkcs1') {
    checkBytes('data', data)
    checkPadding(padding)
    return rsaEncrypt(publicKeyPem, data, padding)
  },

  async rsaDecrypt(privateKeyPem, data, padding = 'pkcs1') {
    checkBytes('data', data)
    checkPadding(padding)
    return rsaDecrypt(privateKeyPem, data, padding)
  },

  async sealSegments(spec, plain, output, signal) {
    checkSegments(spec)
    checkBytes('plain', plain)
    checkBytes('output', output, segmentsLength(plain.length, spec.segmentSize, spec.last))
    checkSignal(signal)
    signal?.throwIfAborted()
    return sealSegments(spec, plain, output, signal)
  },

  async openSegments(spec, sealed, signal) {
    checkSegments(spec)
    checkBytes('sealed', sealed)
    checkSignal(signal)
    signal?.throwIfAborted()
    return openSegments(spec, sealed, signal)
  },

  async openPartReader(path) {
    checkPath(path)
    return openFallbackReader(path)
  },

  async openPartWriter(path, options) {
    checkPath(path)
    checkInteger('size', options?.size)
    return openFallbackWriter(path, options.size, options.existing ?? false)
  },

  async readSmallFile(path, buffer, follow) {
    checkPath(path)
    checkBytes('buffer', buffer)
    return readFallbackFile(path, buffer, follow)
  },

  async openFolder(path) {
    checkPath(path)
    return openFallbackFolder(path)
  },
}
