import { mark, type Parameters, range, word, writeAction } from './parameters.js'
import { ProcessText } from './process.js'

/** A picture out of a video. */
export interface VideoSnapshotOptions {
  /** Position in the video in milliseconds. After the end, the last key frame is taken. */
  readonly time: number
  /** Format of the picture. */
  readonly format: 'jpg' | 'png'
  /** Width in pixels; 0 follows from the height. @default 0 */
  readonly width?: number
  /** Height in pixels; 0 follows from the width. When both are 0 the picture has the video's size. @default 0 */
  readonly height?: number
  /** Whether the key frame before the position will do, which is faster. @default false */
  readonly fast?: boolean
  /** How the picture is turned: as the video says, or so that its height (`h`) or width (`w`) is the longer side. */
  readonly autoRotate?: 'auto' | 'h' | 'w'
}

const parameters: Parameters<VideoSnapshotOptions> = {
  time: ['t', range(0, Number.MAX_SAFE_INTEGER)],
  format: ['f', word('jpg', 'png')],
  width: ['w', range(0, 16384)],
  height: ['h', range(0, 16384)],
  fast: ['', mark('m_fast')],
  autoRotate: ['ar', word('auto', 'h', 'w')],
}

/**
 * Takes a picture out of an H.264 or H.265 video: `videoSnapshot({ time: 7000, format: 'jpg' }).toString()`.
 * @throws ParamInvalidError or ParamRequiredError naming the option
 */
export function videoSnapshot(options: VideoSnapshotOptions): ProcessText {
  return new ProcessText(`video/${writeAction('snapshot', parameters, options, 'time', 'format')}`)
}
