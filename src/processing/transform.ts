import { color, flag, type Parameters, range, word } from './parameters.js'

/** Nine places of an image: the corners, the middles of the sides, and the center. */
export type Gravity = 'nw' | 'north' | 'ne' | 'west' | 'center' | 'east' | 'sw' | 'south' | 'se'

/** A place, as parameters write it. */
export const gravity = word('nw', 'north', 'ne', 'west', 'center', 'east', 'sw', 'south', 'se')

/** New size of an image. Sides are in pixels, 1 to 16384; one that is not given follows from the other. */
export interface ResizeOptions {
  /**
   * How the image fits into width and height: inside (`lfit`) or around (`mfit`) with its proportions kept, around and
   * cropped (`fill`), inside and padded (`pad`), or distorted (`fixed`).
   * @default 'lfit'
   */
  readonly mode?: 'lfit' | 'mfit' | 'fill' | 'pad' | 'fixed'
  /** Width. */
  readonly width?: number
  /** Height. */
  readonly height?: number
  /** Length of the longer side. */
  readonly longest?: number
  /** Length of the shorter side. */
  readonly shortest?: number
  /** Whether an image that is smaller already stays as it is. @default true */
  readonly limit?: boolean
  /** Color of the padding, `RRGGBB`. @default 'FFFFFF' */
  readonly color?: string
  /** Size in percent of the source, 1 to 1000. */
  readonly percent?: number
}

const side = range(1, 16384)

export const resizeParameters: Parameters<ResizeOptions> = {
  mode: ['m', word('lfit', 'mfit', 'fill', 'pad', 'fixed')],
  width: ['w', side],
  height: ['h', side],
  longest: ['l', side],
  shortest: ['s', side],
  limit: ['limit', flag()],
  color: ['color', color],
  percent: ['p', range(1, 1000)],
}

/** Rectangle to cut out, in pixels. */
export interface CropOptions {
  /** Horizontal distance from the place that `gravity` names. @default 0 */
  readonly x?: number
  /** Vertical distance from the place that `gravity` names. @default 0 */
  readonly y?: number
  /** Width. @default up to the edge */
  readonly width?: number
  /** Height. @default up to the edge */
  readonly height?: number
  /** Place from which the rectangle is counted. @default 'nw' */
  readonly gravity?: Gravity
}

export const cropParameters: Parameters<CropOptions> = {
  x: ['x', range(0, 30000)],
  y: ['y', range(0, 30000)],
  width: ['w', range(0, 30000)],
  height: ['h', range(0, 30000)],
  gravity: ['g', gravity],
}
