import type { Body } from '../pipeline/body.js'
import type { HttpMethod } from './operation.js'

/** A request while it is being built: everything but host, signature and transport. */
export interface RequestDraft {
  readonly operation: string
  readonly method: HttpMethod
  readonly bucket: string | undefined
  readonly key: string | undefined
  /** Query parameters, not encoded. */
  readonly query: Record<string, string>
  /** Headers, names in lower case. */
  readonly headers: Record<string, string>
  /** What to send. A string is a finished document. */
  body: Body | undefined
}
