import { ParamInvalidError } from '../errors.js'
import type { AppendObjectRequest, RequestPayer } from '../operations/index.js'
import { checkInteger, checkOptions, checkSignal } from './options.js'

/** Properties an appendable object is created with: ACL, storage class, metadata, tags, encryption, content headers. */
export type AppendCreateParameter = Omit<
  AppendObjectRequest,
  | 'bucket'
  | 'key'
  | 'position'
  | 'body'
  | 'contentLength'
  | 'contentMd5'
  | 'progressFn'
  | 'requestPayer'
  | 'trafficLimit'
  | 'parameters'
>

/** Options of {@link Client.appendFile}. */
export interface AppendFileOptions {
  /** Properties of the object in case this file creates it; nothing of them is sent with later appends. */
  createParameter?: AppendCreateParameter
  /**
   * Bytes that are collected before they are sent. With 0 a write resolves when its bytes are stored; otherwise when they
   * are collected, and `flush` or `close` sends the rest.
   * @default 0
   */
  bufferSize?: number
  /** Confirms that the caller pays, for buckets that want it. */
  requestPayer?: RequestPayer
  /** Bandwidth for each request in bit/s (not bytes), 819,200 to 838,860,800. Without it, no limit of its own. */
  trafficLimit?: number
  /** Ends the file: writes under way reject with the signal's reason. */
  signal?: AbortSignal
}

/** Options of a single write. */
export interface WriteOptions {
  /**
   * Ends this write. Whether its bytes were stored is then unknown until the next write: the same bytes are recognised, other
   * ones are refused if they were.
   */
  signal?: AbortSignal
}

/** What the file itself says with each append. */
const reserved = ['bucket', 'key', 'position', 'body', 'contentLength', 'contentMd5', 'progressFn', 'parameters']

/** Checks the options of a file to append to. @throws ParamInvalidError naming the option */
export function checkAppendOptions(options: AppendFileOptions): void {
  checkOptions('options', options, ['createParameter', 'bufferSize', 'requestPayer', 'trafficLimit', 'signal'])
  checkInteger('bufferSize', options.bufferSize, 0)
  checkInteger('trafficLimit', options.trafficLimit, 819_200)
  checkSignal(options.signal)
  const { createParameter = {} } = options
  if (typeof createParameter !== 'object' || createParameter === null) {
    throw new ParamInvalidError('createParameter', 'expected an object')
  }
  const wrong = reserved.find(name => name in createParameter)
  if (wrong !== undefined) throw new ParamInvalidError(`createParameter.${wrong}`, 'the file takes care of it')
}

/** Checks the options of a write. @throws ParamInvalidError naming the option */
export function checkWriteOptions(options: WriteOptions): void {
  checkOptions('options', options, ['signal'])
  checkSignal(options.signal)
}
