import { ParamInvalidError, ParamRequiredError } from '../errors.js'
import { urlSafeBase64 } from './parameters.js'

/** Where a processed object is stored. */
export interface SaveTarget {
  /** Bucket to store in, in the same region. Without it, the bucket of the source. */
  readonly bucket?: string
  /** Key to store under. */
  readonly key: string
}

/**
 * A value for `process`: of `getObject` and `presign`, to receive the outcome, or after {@link ProcessText.saveAs} of
 * `processObject`, to store it. `toString()` gives the text.
 */
export class ProcessText {
  readonly #text: string

  /** @internal Use `image`, `imageStyle` or `videoSnapshot`. */
  constructor(text: string) {
    this.#text = text
  }

  /**
   * The same, with the outcome stored as an object: for `processObject` and `asyncProcessObject`.
   * @throws ParamRequiredError or ParamInvalidError naming bucket or key
   */
  saveAs(target: SaveTarget): ProcessText {
    if (typeof target !== 'object' || target === null) throw new ParamInvalidError('saveAs', 'expected an object')
    const { bucket, key } = target
    if (key === undefined) throw new ParamRequiredError('saveAs.key')
    if (typeof key !== 'string' || key === '')
      throw new ParamInvalidError('saveAs.key', 'expected a text that is not empty')
    if (bucket !== undefined && (typeof bucket !== 'string' || bucket === '')) {
      throw new ParamInvalidError('saveAs.bucket', 'expected the name of a bucket')
    }
    const where = bucket === undefined ? '' : `,b_${urlSafeBase64(bucket)}`
    return new ProcessText(`${this}|sys/saveas,o_${urlSafeBase64(key)}${where}`)
  }

  /** The text for `process`. */
  toString(): string {
    return this.#text
  }
}
