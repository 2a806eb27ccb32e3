import { ParamInvalidError } from '../errors.js'
import type { ProgressListener } from '../pipeline/context.js'
import { maxPartSize, minPartSize } from './part-plan.js'
import { TransferControl } from './transfer-control.js'

/** Options that all transfer managers share. Those given to a call replace the manager's. */
export interface TransferOptions {
  /** Bytes per part, 100 KiB to 5 GiB. Grows by itself where 10,000 parts would not be enough. @default 6 MiB */
  partSize?: number
  /** Parts moved at the same time. @default 3 */
  parallelNum?: number
  /** Ends the transfer; what it made is removed. */
  signal?: AbortSignal
  /**
   * Called as bytes are acknowledged: stored at the service, or written to the file or stream. Bytes that an earlier,
   * interrupted run had moved are counted at the beginning. The total is `undefined` for a stream of unknown length.
   */
  onProgress?: ProgressListener
  /** Holds the transfer and lets it go on. */
  control?: TransferControl
  /** Bytes per second that this transfer may use; the client's own limit counts besides. @default unlimited */
  bandwidthLimit?: number
  /**
   * Bytes per second that each connection must bring, see the client's option of this name; 0 for no such limit.
   * @default the client's
   */
  minThroughput?: number
  /** Milliseconds over which `minThroughput` is measured. @default the client's */
  minThroughputWindow?: number
}

/** Options of transfers that can go on where an earlier run ended. */
export interface CheckpointOptions {
  /**
   * Keeps a journal, so that a transfer that was interrupted (by an error, an abort, or the end of the process) goes on when
   * it is called again with the same arguments. What has been moved is then kept on failure. @default false
   */
  enableCheckpoint?: boolean
  /** Folder for the journal, made when missing. @default beside the local file */
  checkpointDir?: string
}

const known = [
  'partSize',
  'parallelNum',
  'signal',
  'onProgress',
  'control',
  'bandwidthLimit',
  'minThroughput',
  'minThroughputWindow',
]

/** Puts options over others and checks them. @throws ParamInvalidError naming the option */
export function mergeTransferOptions<T extends TransferOptions>(
  base: T,
  overrides: T | undefined,
  own: readonly string[],
): T {
  if (overrides !== undefined && (typeof overrides !== 'object' || overrides === null)) {
    throw new ParamInvalidError('options', 'expected an object')
  }
  const merged = { ...base, ...overrides }
  for (const name of Object.keys(merged)) {
    if (!known.includes(name) && !own.includes(name))
      throw new ParamInvalidError(name, 'there is no option of this name')
  }
  const { partSize, parallelNum, control, bandwidthLimit, minThroughput, minThroughputWindow } = merged
  if (
    partSize !== undefined &&
    !(Number.isSafeInteger(partSize) && partSize >= minPartSize && partSize <= maxPartSize)
  ) {
    throw new ParamInvalidError('partSize', 'expected an integer of 102400 (100 KiB) to 5368709120 (5 GiB) bytes')
  }
  if (parallelNum !== undefined && !(Number.isSafeInteger(parallelNum) && parallelNum >= 1)) {
    throw new ParamInvalidError('parallelNum', 'expected an integer of at least 1')
  }
  if (control !== undefined && !(control instanceof TransferControl)) {
    throw new ParamInvalidError('control', 'expected a TransferControl')
  }
  if (bandwidthLimit !== undefined && !(Number.isSafeInteger(bandwidthLimit) && bandwidthLimit >= 1)) {
    throw new ParamInvalidError('bandwidthLimit', 'expected an integer of at least 1 byte per second')
  }
  if (minThroughput !== undefined && !(Number.isSafeInteger(minThroughput) && minThroughput >= 0)) {
    throw new ParamInvalidError('minThroughput', 'expected an integer of at least 0 bytes per second')
  }
  if (minThroughputWindow !== undefined && !(Number.isSafeInteger(minThroughputWindow) && minThroughputWindow >= 1)) {
    throw new ParamInvalidError('minThroughputWindow', 'expected milliseconds, an integer of at least 1')
  }
  return merged
}

/** Checks the options of checkpoints. */
export function checkCheckpointOptions({ enableCheckpoint, checkpointDir }: CheckpointOptions): void {
  checkFlag('enableCheckpoint', enableCheckpoint)
  if (checkpointDir !== undefined && (typeof checkpointDir !== 'string' || checkpointDir === '')) {
    throw new ParamInvalidError('checkpointDir', 'expected the path of a folder')
  }
}

/** Checks a flag among the options. */
export function checkFlag(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw new ParamInvalidError(name, 'expected a boolean')
}

/** Checks the path of a file. */
export function checkPath(path: unknown): asserts path is string {
  if (typeof path !== 'string' || path === '' || path.includes('\0'))
    throw new ParamInvalidError('path', 'expected a file path')
}
