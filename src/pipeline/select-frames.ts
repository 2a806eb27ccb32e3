import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { DeserializationError, InconsistentError, OssError, ResponseError, ServiceError } from '../errors.js'
import { isRetryableAnswer } from '../retry/standard-retryer.js'
import { ObjectBody, type ObjectBodyOptions } from './object-body.js'

// A frame, with all numbers big-endian:
//
//   version 1 | type 3 | payload length 4 | CRC-32 of these eight 4 | payload | CRC-32 of the payload 4
//
// Every payload begins with eight bytes for the position in the object. In a data frame the rows follow. An end frame has
// bytes scanned 8, status 4, in those of CreateSelectObjectMeta splits 4, rows 8 and for CSV columns 4, then a message.

const version = 1
const headerLength = 12
const positionLength = 8
const checksumLength = 4

const frameType = { data: 0x800001, continuous: 0x800004, end: 0x800005, csvMetaEnd: 0x800006, jsonMetaEnd: 0x800007 }

/** Lengths of end frames' payloads without their message. */
const endLength: Readonly<Record<number, number>> = {
  [frameType.end]: 20,
  [frameType.csvMetaEnd]: 36,
  [frameType.jsonMetaEnd]: 32,
}

/** Longest payloads that are believed. Data passes through, so this is only to notice damage; the others are kept. */
const dataLimit = 256 * 1024 * 1024
const keptLimit = 1024 * 1024

/** The last frame: how the work ended. */
export interface EndFrame {
  /** Final HTTP status. What the answer's head says was decided before most of the object was looked at. */
  readonly status: number
  /** Codes and explanation, `Code,Code.Text`; empty when all went well. */
  readonly message: string
  /** Values of the frame by the names of the result. */
  readonly values: Readonly<Record<string, number>>
}

/** What is being collected. */
type Step = 'header' | 'position' | 'data' | 'kept' | 'checksum' | 'over'

/** Takes frames apart as their bytes come in, in pieces of any length. */
export class SelectFrameDecoder {
  readonly #checksums: boolean
  #step: Step = 'header'
  /** Bytes that the step still waits for. */
  #missing = headerLength
  /** Where the step's bytes are put together; data is not. */
  #block = Buffer.allocUnsafe(headerLength)
  #type = 0
  #payloadLength = 0
  #crc = 0
  #end: EndFrame | undefined

  /** @param checksums whether the frames have checksums that are to be compared */
  constructor(checksums: boolean) {
    this.#checksums = checksums
  }

  /**
   * Takes the next bytes and gives the data in them, which shares their memory.
   * @throws DeserializationError for anything but frames, {@link InconsistentError} for a wrong checksum
   */
  push(chunk: Buffer): Buffer[] {
    const data: Buffer[] = []
    let at = 0
    while (at < chunk.length) {
      if (this.#step === 'over') throw new DeserializationError('the answer goes on after its last frame')
      const piece = chunk.subarray(at, at + this.#missing)
      at += piece.length
      if (this.#step === 'data') data.push(piece)
      else piece.copy(this.#block, this.#block.length - this.#missing)
      if (this.#checksums && this.#step !== 'header' && this.#step !== 'checksum') this.#crc = crc32(piece, this.#crc)
      this.#missing -= piece.length
      if (this.#missing === 0) this.#advance()
    }
    return data
  }

  /** Says that no more bytes come. @throws ResponseError when the last frame is missing */
  finish(): EndFrame {
    if (this.#end === undefined || this.#step !== 'over') {
      throw new ResponseError('the answer was cut short: its last frame is missing')
    }
    return this.#end
  }

  #advance(): void {
    switch (this.#step) {
      case 'header':
        this.#readHeader()
        this.#crc = 0
        if (this.#type === frameType.data) this.#await('position', positionLength)
        else this.#await('kept', this.#payloadLength)
        break
      case 'position':
        this.#missing = this.#payloadLength - positionLength
        if (this.#missing > 0) this.#step = 'data'
        else this.#await('checksum', checksumLength)
        break
      case 'kept':
        if (this.#type !== frameType.continuous) this.#end = readEnd(this.#type, this.#block)
        this.#await('checksum', checksumLength)
        break
      case 'data':
        this.#await('checksum', checksumLength)
        break
      default:
        if (this.#checksums) compare(this.#crc, this.#block.readUInt32BE())
        if (this.#end === undefined) this.#await('header', headerLength)
        else this.#step = 'over'
    }
  }

  #await(step: Step, length: number): void {
    this.#step = step
    this.#missing = length
    this.#block = Buffer.allocUnsafe(length)
  }

  #readHeader(): void {
    const header = this.#block
    const stated = header.readUInt32BE(8)
    if (header[0] !== version) throw new DeserializationError(`a frame has version ${header[0]}, expected ${version}`)
    // The service may leave this one out, also when it has been asked for checksums.
    if (this.#checksums && stated !== 0) compare(crc32(header.subarray(0, 8)), stated)
    this.#type = header.readUIntBE(1, 3)
    this.#payloadLength = header.readUInt32BE(4)
    if (!Object.values(frameType).includes(this.#type)) {
      throw new DeserializationError(`a frame has the unknown type 0x${this.#type.toString(16)}`)
    }
    const least = endLength[this.#type] ?? positionLength
    const most = this.#type === frameType.data ? dataLimit : keptLimit
    if (this.#payloadLength < least || this.#payloadLength > most) {
      throw new DeserializationError(
        `a frame has a payload of ${this.#payloadLength} bytes, expected ${least} to ${most}`,
      )
    }
  }
}

function compare(actual: number, stated: number): void {
  if (actual !== stated) throw new InconsistentError(String(actual), String(stated))
}

function readEnd(type: number, payload: Buffer): EndFrame {
  const meta = type !== frameType.end
  const csv = type === frameType.csvMetaEnd
  return {
    status: payload.readUInt32BE(16),
    message: payload.toString('utf8', endLength[type]),
    values: {
      totalScannedBytes: Number(payload.readBigUInt64BE(8)),
      ...(meta && {
        splitsCount: payload.readUInt32BE(20),
        rowsCount: Number(payload.readBigUInt64BE(24)),
        colsCount: csv ? payload.readUInt32BE(32) : 0,
      }),
    },
  }
}

/** What errors say about the answer that the frames are in. */
export interface FramedAnswer {
  /** Method and URL without its query. */
  readonly requestTarget: string
  /** Headers of the answer, names in lower case. */
  readonly headers: Record<string, string>
  /** Whether the frames have checksums that are to be compared. */
  readonly checksums: boolean
}

/** Takes a whole answer of frames in and gives the values of its last one. @throws ServiceError when that tells of a failure */
export function readEndFrame(content: Buffer, answer: FramedAnswer): Readonly<Record<string, number>> {
  if (content.length === 0) throw new DeserializationError('the answer has no frames')
  const decoder = new SelectFrameDecoder(answer.checksums)
  decoder.push(content)
  const end = decoder.finish()
  checkEnd(end, answer)
  if (end.values.rowsCount === undefined) throw new DeserializationError('the last frame has no figures')
  return end.values
}

/** Makes a body of the data in an answer's frames. */
export function framedBody(source: Readable, answer: FramedAnswer, options: ObjectBodyOptions): ObjectBody {
  return new FramedBody(source, answer, options)
}

/**
 * Where the base class hands on what has arrived, this one hands on the data in it: so nothing is decoded, and no error
 * raised, before somebody reads.
 */
class FramedBody extends ObjectBody {
  readonly #answer: FramedAnswer
  readonly #operation: string
  readonly #decoder: SelectFrameDecoder

  constructor(source: Readable, answer: FramedAnswer, options: ObjectBodyOptions) {
    super(source, options)
    this.#answer = answer
    this.#operation = options.operation
    this.#decoder = new SelectFrameDecoder(answer.checksums)
  }

  /** What has arrived is not what is handed over, so it must pass through the stream. */
  override bytes(): Promise<Buffer> {
    return this.collect()
  }

  override push(chunk: Buffer | null): boolean {
    if (this.destroyed) return false
    try {
      if (chunk === null) {
        checkEnd(this.#decoder.finish(), this.#answer)
        return super.push(null)
      }
      let more = true
      for (const piece of this.#decoder.push(chunk)) more = super.push(piece)
      return more
    } catch (error) {
      if (error instanceof OssError) error.operation ??= this.#operation
      this.destroy(error as Error)
      return false
    }
  }
}

/** The service notices some faults after it has begun to answer: then only the last frame tells. */
function checkEnd({ status, message }: EndFrame, { requestTarget, headers }: FramedAnswer): void {
  if (status >= 200 && status < 300) return
  const [, codes = '', text = ''] = /^([\w,]*)\.?(.*)$/s.exec(message) ?? []
  const code = codes.split(',')[0] || 'BadErrorResponse'
  throw new ServiceError(
    {
      statusCode: status,
      code,
      message: text.trim() || message || 'the last frame says no more than its status',
      requestId: headers['x-oss-request-id'] ?? '',
      ec: headers['x-oss-ec'] ?? '',
      requestTarget,
      headers,
      snapshot: message.slice(0, 4096),
      details: codes === '' ? {} : { Codes: codes },
    },
    { retryable: isRetryableAnswer(status, code) },
  )
}
