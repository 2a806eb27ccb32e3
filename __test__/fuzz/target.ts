import type fc from 'fast-check'

/** A parser, what is given to it, and what must be true of what it makes of that. */
export interface FuzzTarget {
  readonly name: string
  readonly property: fc.IRawProperty<never> | fc.IRawProperty<unknown> | fc.IRawProperty<unknown[]>
  /** Runs cost so much more than others that there are fewer of them by this factor. @default 1 */
  readonly cost?: number
}
