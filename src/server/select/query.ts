// What a query says, once its text has been read.

/** A value of a row. `undefined` is what the row lacks. */
export type Value = string | number | boolean | null | undefined

/** A column by its place, counted from 1, or a path of names; a number in a path is a place in a list. */
export type Path = readonly (string | number)[]

/** What is compared. */
export type Operand = { readonly path: Path; readonly cast?: 'int' | 'double' | 'string' } | { readonly value: Value }

/** The condition of a query. */
export type Condition =
  | { readonly kind: 'and'; readonly parts: readonly Condition[] }
  | { readonly kind: 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  | { readonly kind: 'compare'; readonly operator: string; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'like'; readonly left: Operand; readonly pattern: RegExp }
  | { readonly kind: 'null'; readonly left: Operand }

/** A query that was read. */
export interface Query {
  /** Columns to give; `*` for all, `count` for nothing but the number of rows. */
  readonly columns: '*' | 'count' | readonly Path[]
  /** Where rows begin in a JSON object: what follows `ossobject`. */
  readonly from: Path
  readonly where: Condition | undefined
  readonly limit: number
}
