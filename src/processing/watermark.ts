import { ParamInvalidError } from '../errors.js'
import { color, encodedText, flag, type Parameters, type Rule, range, word, writeAction } from './parameters.js'
import { ProcessText } from './process.js'
import { type Gravity, gravity } from './transform.js'

/** A text, an image, or both, laid over an image. */
export interface WatermarkOptions {
  /** Text to show, at most 64 characters once encoded: some 20 Chinese characters. */
  readonly text?: string
  /** Key of an image in the same bucket. */
  readonly image?: string
  /** What is done to that image first, such as `image().resize({ percent: 30 })`. */
  readonly imageProcess?: ProcessText
  /** Size of that image in percent of the image below, 1 to 100; instead of `imageProcess`. */
  readonly imagePercent?: number
  /** Font of the text, such as `wqy-microhei`. @default 'wqy-zenhei' */
  readonly font?: string
  /** Color of the text, `RRGGBB`. @default '000000' */
  readonly color?: string
  /** Size of the text in pixels, 1 to 1000. @default 40 */
  readonly size?: number
  /** Opacity of the text's shadow, 0 to 100. @default 0 */
  readonly shadow?: number
  /** Degrees by which the text is rotated clockwise, 0 to 360. @default 0 */
  readonly rotate?: number
  /** Whether the watermark is repeated over the whole image. @default false */
  readonly fill?: boolean
  /** Horizontal distance between repetitions in pixels, 0 to 4096. @default 0 */
  readonly padX?: number
  /** Vertical distance between repetitions in pixels, 0 to 4096. @default 0 */
  readonly padY?: number
  /** Opacity in percent, 0 to 100. @default 100 */
  readonly opacity?: number
  /** Place of the watermark. @default 'se' */
  readonly gravity?: Gravity
  /** Horizontal distance from the edge in pixels, 0 to 4096. @default 10 */
  readonly x?: number
  /** Vertical distance from the edge in pixels, 0 to 4096. @default 10 */
  readonly y?: number
  /** Vertical distance from the middle line in pixels, -1000 to 1000. @default 0 */
  readonly offset?: number
  /** Which of the two comes first when there are text and image. @default 'image' */
  readonly first?: 'image' | 'text'
  /** How text and image are aligned. @default 'bottom' */
  readonly align?: 'top' | 'center' | 'bottom'
  /** Pixels between text and image, 0 to 1000. @default 0 */
  readonly interval?: number
}

type Written = Omit<WatermarkOptions, 'imageProcess' | 'imagePercent'>

const parameters: Parameters<Written> = {
  image: ['image', encodedText(4096)],
  text: ['text', encodedText(64)],
  font: ['type', encodedText(256)],
  color: ['color', color],
  size: ['size', range(1, 1000)],
  shadow: ['shadow', range(0, 100)],
  rotate: ['rotate', range(0, 360)],
  fill: ['fill', flag()],
  padX: ['padx', range(0, 4096)],
  padY: ['pady', range(0, 4096)],
  opacity: ['t', range(0, 100)],
  gravity: ['g', gravity],
  x: ['x', range(0, 4096)],
  y: ['y', range(0, 4096)],
  offset: ['voffset', range(-1000, 1000)],
  first: ['order', numbered('image', 'text')],
  align: ['align', numbered('top', 'center', 'bottom')],
  interval: ['interval', range(0, 1000)],
}

/** Words that are written as their position. */
function numbered(...words: string[]): Rule {
  const known = word(...words)
  return {
    ...known,
    write: value => (known.write(value) === undefined ? undefined : String(words.indexOf(value as string))),
  }
}

/** Writes a watermark. @throws ParamInvalidError naming the option */
export function writeWatermark(options: WatermarkOptions): string {
  if (typeof options !== 'object' || options === null) throw new ParamInvalidError('watermark', 'expected an object')
  const { imageProcess, imagePercent, ...written } = options
  if (written.text === undefined && written.image === undefined) {
    throw new ParamInvalidError('watermark', 'expected text or image')
  }
  const process = imageProcessOf(imageProcess, imagePercent)
  if (process === undefined) return writeAction('watermark', parameters, written)
  if (written.image === undefined) throw new ParamInvalidError('watermark.image', 'expected the image to be processed')
  return writeAction('watermark', parameters, { ...written, image: `${written.image}?x-oss-process=${process}` })
}

function imageProcessOf(process: ProcessText | undefined, percent: number | undefined): string | undefined {
  if (percent !== undefined) {
    if (process !== undefined) throw new ParamInvalidError('watermark.imagePercent', 'excludes imageProcess')
    return `image/${writeAction('resize', { imagePercent: ['P', range(1, 100)] }, { imagePercent: percent })}`
  }
  if (process === undefined) return undefined
  if (!(process instanceof ProcessText)) throw new ParamInvalidError('watermark.imageProcess', 'expected image()…')
  return process.toString()
}
