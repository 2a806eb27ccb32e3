import { readShape, writeShape } from '../../binding/document.js'
import type { Operation, OperationResult } from '../../binding/operation.js'
import type { Shape } from '../../binding/shape.js'
import { parseXml } from '../../xml/parse.js'
import { xmlDocument, xmlElement } from '../../xml/write.js'
import { Failure } from '../failure.js'
import type { Bucket } from '../storage/bucket.js'

/** The value that an operation answers with as its whole document. */
export type DocumentOf<Result> = Exclude<Result[Exclude<keyof Result, keyof OperationResult>], undefined>

/**
 * One setting of a bucket that is a document. It is kept as XML, which every shape can be written to and read from
 * without loss, dates and all; what its fields are is said by the descriptor of the operation that reads it.
 */
export class Setting<T extends object> {
  /** Name under which the bucket keeps it: that of the subresource. */
  readonly name: string
  /** Field of the request and of the result that holds it. */
  readonly field: string
  readonly #root: string
  readonly #shape: Shape<never>
  readonly #parsed = new WeakMap<object, T>()

  /** @internal Use {@link setting}. */
  constructor(name: string, field: string, root: string, shape: Shape<never>) {
    this.name = name
    this.field = field
    this.#root = root
    this.#shape = shape
  }

  /** The present value; `undefined` when there is none. */
  of(bucket: Bucket): T | undefined {
    const { settings } = bucket.record
    const source = settings[this.name]
    if (typeof source !== 'string') return undefined
    const known = this.#parsed.get(settings)
    if (known !== undefined) return known
    const value = this.parse(source)
    this.#parsed.set(settings, value)
    return value
  }

  /** Sets the value, or takes it away. */
  async set(bucket: Bucket, value: T | undefined): Promise<void> {
    await updateSetting(bucket, this.name, () => (value === undefined ? undefined : this.write(value)))
  }

  /** Reads a document that {@link Setting.write} made. */
  parse(source: string): T {
    return readShape(this.#shape, parseXml(source).root, false) as T
  }

  /** Writes a value as a document. */
  write(value: T): string {
    return xmlDocument(xmlElement(this.#root, writeShape(this.#shape, value, '')))
  }
}

/** The setting that an operation answers with. @param get descriptor of that operation, whose result is one document */
export function setting<Result extends OperationResult>(
  name: string,
  get: Operation<unknown, Result>,
): Setting<DocumentOf<Result> & object> {
  const [field, row] = get.response.find(([, each]) => each.place === 'document') as (typeof get.response)[number]
  return new Setting(name, field, row.wire, row.shape as Shape<never>)
}

/** Changes one setting of a bucket, whatever form it has. `undefined` takes it away. */
export async function updateSetting(bucket: Bucket, name: string, change: (before: unknown) => unknown): Promise<void> {
  await bucket.update(record => {
    const { [name]: before, ...others } = record.settings
    const after = change(before)
    return { ...record, settings: after === undefined ? others : { ...others, [name]: after } }
  })
}

/** The document a request must not be without, though its descriptor leaves that to the service. @throws Failure MalformedXML */
export function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Failure('MalformedXML')
  return value
}
