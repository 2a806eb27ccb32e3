import type { RequestPayer } from '../operations/index.js'
import { checkFlag } from '../transfer/options.js'
import { checkInteger, checkOptions, checkSignal } from './options.js'

/** Options of {@link Client.openFile}. */
export interface OpenFileOptions {
  /** Version to read. Without it, the current one. */
  versionId?: string
  /** Confirms that the caller pays, for buckets that want it. */
  requestPayer?: RequestPayer
  /** Position to begin at, in bytes. @default 0 */
  offset?: number
  /** Fetches ahead, over several connections, while reads follow one another. @default false */
  enablePrefetch?: boolean
  /** Chunks that are fetched ahead at the same time. @default 3 */
  prefetchNum?: number
  /** Bytes of a chunk. @default 6 MiB */
  chunkSize?: number
  /** Bytes that must be read one after another before anything is fetched ahead. @default 20 MiB */
  prefetchThreshold?: number
  /** Ends the file: it closes, and reads under way reject with the signal's reason. */
  signal?: AbortSignal
}

const known = [
  'versionId',
  'requestPayer',
  'offset',
  'enablePrefetch',
  'prefetchNum',
  'chunkSize',
  'prefetchThreshold',
  'signal',
]

/** Checks the options of a file to read. @throws ParamInvalidError naming the option */
export function checkOpenOptions(options: OpenFileOptions): void {
  checkOptions('options', options, known)
  checkFlag('enablePrefetch', options.enablePrefetch)
  checkInteger('offset', options.offset, 0)
  checkInteger('prefetchNum', options.prefetchNum, 1)
  checkInteger('chunkSize', options.chunkSize, 1)
  checkInteger('prefetchThreshold', options.prefetchThreshold, 0)
  checkSignal(options.signal)
}
