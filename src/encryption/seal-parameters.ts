import { hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { DecryptionError, ParamInvalidError } from '../errors.js'

/** Name of the sealed format as objects carry it. The format is written down in `docs/encryption.md`. */
export const sealedAlgorithm = 'FERROSS/SEALED/1'
/** Plaintext bytes of a segment unless told otherwise. */
export const defaultSegmentSize = 64 * 1024

const version = 1
const boundFlag = 1
const smallestLog = 12
const largestLog = 24
const headLength = 4
const saltLength = 32
const commitmentLength = 32
const parametersLength = headLength + saltLength + commitmentLength

/** Name that an object may be bound to. */
export interface Location {
  readonly bucket: string
  readonly key: string
}

/** What the parameters of a seal lead to. */
export interface SealKeys {
  /** Key of the segments. */
  readonly segmentKey: Uint8Array
  /** Plaintext bytes of each segment but the last. */
  readonly segmentSize: number
}

/** A new seal: its parameters, to be stored, and its keys. */
export interface NewSeal extends SealKeys {
  readonly parameters: Uint8Array
}

/** Accepts a segment size. @throws ParamInvalidError */
export function checkSegmentSize(size: unknown): asserts size is number {
  const log = typeof size === 'number' ? Math.log2(size) : Number.NaN
  if (Number.isInteger(log) && log >= smallestLog && log <= largestLog) return
  throw new ParamInvalidError('segmentSize', 'expected a power of two from 4096 (4 KiB) to 16777216 (16 MiB)')
}

/** Begins a seal under a content key that nothing else uses. A location binds it to that name. */
export function newSeal(
  contentKey: Uint8Array,
  segmentSize: number,
  location: Location | undefined,
  salt: Uint8Array = randomBytes(saltLength),
): NewSeal {
  const head = headOf(segmentSize, location !== undefined)
  return { ...sealFrom(contentKey, head, salt, location), segmentSize }
}

/** @internal The same with everything given, for test vectors. */
export function sealFrom(contentKey: Uint8Array, head: Uint8Array, salt: Uint8Array, location: Location | undefined) {
  const { segmentKey, commitment } = derive(contentKey, head, salt, location)
  return { segmentKey, parameters: new Uint8Array(Buffer.concat([head, salt, commitment])) }
}

/** Plaintext bytes of a segment, as stored parameters say: they are not verified yet. @throws DecryptionError */
export function segmentSizeOf(parameters: Uint8Array): number {
  const [storedVersion, flags, log = 0, reserved] = parameters
  const wellFormed =
    parameters.length === parametersLength &&
    storedVersion === version &&
    (flags === 0 || flags === boundFlag) &&
    reserved === 0 &&
    log >= smallestLog &&
    log <= largestLog
  if (!wellFormed) throw new DecryptionError()
  return 2 ** log
}

function headOf(segmentSize: number, bound: boolean): Buffer {
  return Buffer.from([version, bound ? boundFlag : 0, Math.log2(segmentSize), 0])
}

/** Whether stored parameters describe a seal of this kind. */
export function isSealedLike(
  parameters: Uint8Array,
  { segmentSize, bindLocation }: { segmentSize: number; bindLocation: boolean },
): boolean {
  return headOf(segmentSize, bindLocation).equals(parameters.subarray(0, headLength))
}

/** The salt in stored parameters. */
export function saltOf(parameters: Uint8Array): Uint8Array {
  return parameters.subarray(headLength, headLength + saltLength)
}

/** Verifies stored parameters under a content key and gives the keys. @throws DecryptionError */
export function openSeal(contentKey: Uint8Array, parameters: Uint8Array, location: Location): SealKeys {
  const segmentSize = segmentSizeOf(parameters)
  const head = parameters.subarray(0, headLength)
  const salt = saltOf(parameters)
  const bound = parameters[1] === boundFlag
  const { segmentKey, commitment } = derive(contentKey, head, salt, bound ? location : undefined)
  if (!timingSafeEqual(commitment, parameters.subarray(headLength + saltLength))) {
    segmentKey.fill(0)
    throw new DecryptionError()
  }
  return { segmentKey, segmentSize }
}

function derive(contentKey: Uint8Array, head: Uint8Array, salt: Uint8Array, location: Location | undefined) {
  const context = location === undefined ? [] : [prefixed(location.bucket), prefixed(location.key)]
  const output = (label: string) => {
    const info = Buffer.concat([Buffer.from(`ferross sealed 1 ${label}\0`, 'latin1'), head, ...context])
    return new Uint8Array(hkdfSync('sha256', contentKey, salt, info, 32))
  }
  return { segmentKey: output('segments'), commitment: output('commitment') }
}

/** With its length in front, so that no two pairs of names give the same bytes. */
function prefixed(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}
