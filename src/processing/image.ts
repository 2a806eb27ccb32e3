import { ParamInvalidError } from '../errors.js'
import { flag, range, word, writeAction, writeValue } from './parameters.js'
import { ProcessText } from './process.js'
import { type CropOptions, cropParameters, type ResizeOptions, resizeParameters } from './transform.js'
import { type WatermarkOptions, writeWatermark } from './watermark.js'

/** Formats that images can be converted to. */
export type ImageFormat = 'jpg' | 'png' | 'webp' | 'bmp' | 'gif' | 'tiff' | 'heic' | 'avif'

/** A slice of an image that is cut into strips: give `width` or `height`, not both. */
export interface IndexCropOptions {
  /** Width of each strip in pixels; the image is cut along its x axis. */
  readonly width?: number
  /** Height of each strip in pixels; the image is cut along its y axis. */
  readonly height?: number
  /** Which strip to keep, from 0. */
  readonly index: number
}

/** How strongly an image is blurred. */
export interface BlurOptions {
  /** Radius, 1 to 50. */
  readonly radius: number
  /** Standard deviation, 1 to 50. */
  readonly sigma: number
}

/** Quality of JPG and WebP images, in percent: give one of the two. */
export interface QualityOptions {
  /** Relative to the quality of the source, 1 to 100. */
  readonly relative?: number
  /** Absolute, 1 to 100; a source of lower quality keeps its own. */
  readonly absolute?: number
}

/**
 * What the service does to an image, action after action in the order of the calls. Each call gives a new chain and leaves the
 * old one as it was. Values are checked at once; a wrong one throws ParamInvalidError with action and option.
 */
export class ImageProcess extends ProcessText {
  readonly #actions: readonly string[]

  /** @internal Use {@link image}. */
  constructor(actions: readonly string[] = []) {
    super(['image', ...actions].join('/'))
    this.#actions = actions
  }

  #then(action: string): ImageProcess {
    return new ImageProcess([...this.#actions, action])
  }

  /** Changes the size: to a width and height, to a longest or shortest side, or by percent. */
  resize(options: ResizeOptions): ImageProcess {
    const text = writeAction('resize', resizeParameters, options)
    if (text === 'resize') throw new ParamInvalidError('resize', 'expected a size or a percentage')
    return this.#then(text)
  }

  /** Cuts out a rectangle. */
  crop(options: CropOptions): ImageProcess {
    return this.#then(writeAction('crop', cropParameters, options))
  }

  /** Cuts out the circle of a radius, 1 to 4096, around the center. Convert to PNG to have the rest transparent. */
  circle(radius: number): ImageProcess {
    return this.#then(`circle,r_${writeValue(range(1, 4096), radius, 'circle')}`)
  }

  /** Rounds the corners with a radius, 1 to 4096. */
  roundedCorners(radius: number): ImageProcess {
    return this.#then(`rounded-corners,r_${writeValue(range(1, 4096), radius, 'rounded-corners')}`)
  }

  /** Cuts the image into strips and keeps one of them. */
  indexCrop(options: IndexCropOptions): ImageProcess {
    const rows = {
      width: ['x', range(1, 16384)],
      height: ['y', range(1, 16384)],
      index: ['i', range(0, 16384)],
    } as const
    const text = writeAction('indexcrop', rows, options, 'index')
    if ((options.width === undefined) === (options.height === undefined)) {
      throw new ParamInvalidError('indexcrop', 'expected width or height, one of them')
    }
    return this.#then(text)
  }

  /** Rotates clockwise by degrees, 0 to 360. */
  rotate(degrees: number): ImageProcess {
    return this.#then(`rotate,${writeValue(range(0, 360), degrees, 'rotate')}`)
  }

  /** Blurs. */
  blur(options: BlurOptions): ImageProcess {
    const rows = { radius: ['r', range(1, 50)], sigma: ['s', range(1, 50)] } as const
    return this.#then(writeAction('blur', rows, options, 'radius', 'sigma'))
  }

  /** Makes brighter or, below 0, darker: -100 to 100. */
  bright(value: number): ImageProcess {
    return this.#then(`bright,${writeValue(range(-100, 100), value, 'bright')}`)
  }

  /** Raises or, below 0, lowers the contrast: -100 to 100. */
  contrast(value: number): ImageProcess {
    return this.#then(`contrast,${writeValue(range(-100, 100), value, 'contrast')}`)
  }

  /** Sharpens, 50 to 399; 100 is a good start. */
  sharpen(value: number): ImageProcess {
    return this.#then(`sharpen,${writeValue(range(50, 399), value, 'sharpen')}`)
  }

  /** Lays a text, another image of the same bucket, or both over the image. */
  watermark(options: WatermarkOptions): ImageProcess {
    return this.#then(writeWatermark(options))
  }

  /** Sets the quality of JPG and WebP images. */
  quality(options: QualityOptions): ImageProcess {
    const rows = { relative: ['q', range(1, 100)], absolute: ['Q', range(1, 100)] } as const
    const text = writeAction('quality', rows, options)
    if ((options.relative === undefined) === (options.absolute === undefined)) {
      throw new ParamInvalidError('quality', 'expected relative or absolute, one of them')
    }
    return this.#then(text)
  }

  /** Converts to another format. */
  format(format: ImageFormat): ImageProcess {
    const rule = word('jpg', 'png', 'webp', 'bmp', 'gif', 'tiff', 'heic', 'avif')
    return this.#then(`format,${writeValue(rule, format, 'format')}`)
  }

  /** Whether a JPG appears as a whole that gets sharper while it loads, rather than from top to bottom. */
  interlace(on = true): ImageProcess {
    return this.#then(`interlace,${writeValue(flag(), on, 'interlace')}`)
  }

  /** Whether the image is turned as its EXIF orientation says. */
  autoOrient(on = true): ImageProcess {
    return this.#then(`auto-orient,${writeValue(flag(), on, 'auto-orient')}`)
  }

  /** Asks for width, height, size, format and EXIF as JSON instead of the image. Stands alone. */
  info(): ProcessText {
    return this.#alone('info')
  }

  /** Asks for the average color as JSON (`RGB`) instead of the image. Stands alone. */
  averageHue(): ProcessText {
    return this.#alone('average-hue')
  }

  #alone(action: string): ProcessText {
    if (this.#actions.length > 0) throw new ParamInvalidError(action, 'cannot follow other actions')
    return new ProcessText(`image/${action}`)
  }

  /** The text for `process`. @throws ParamInvalidError when there is no action */
  override toString(): string {
    if (this.#actions.length === 0) throw new ParamInvalidError('process', 'expected at least one action')
    return super.toString()
  }
}

/** Begins a chain of image actions: `image().resize({ width: 300 }).format('webp').toString()`. */
export function image(): ImageProcess {
  return new ImageProcess()
}

/**
 * Processing by a style that is stored with the bucket.
 * @throws ParamInvalidError for a name that no style can have
 */
export function imageStyle(name: string): ProcessText {
  if (typeof name !== 'string' || !/^[\w.-]{1,63}$/.test(name)) {
    throw new ParamInvalidError('name', 'expected 1 to 63 of A-Z a-z 0-9 _ - .')
  }
  return new ProcessText(`style/${name}`)
}
