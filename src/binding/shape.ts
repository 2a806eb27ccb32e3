import type { Bindings, Field } from './field.js'

/** A structure of an XML document, described once and used in both directions. */
export interface Shape<T> {
  /** The rows in the order in which elements are written. */
  readonly fields: readonly (readonly [name: string, field: Field<unknown>])[]
  readonly check?: (value: T) => T
}

/** Describes a structure: one row for each of its fields, in the order of the document. */
export function shape<T>(bindings: Bindings<T>): Shape<T> {
  return { fields: Object.entries(bindings) as unknown as Shape<T>['fields'] }
}
