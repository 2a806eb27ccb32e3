import type { Operation } from '../binding/operation.js'
import type { OperationOptions } from '../pipeline/context.js'

/** The method that an operation becomes. A request without required fields may be left out. */
export type Method<Req, Res> = object extends Req
  ? (request?: Req, options?: OperationOptions) => Promise<Res>
  : (request: Req, options?: OperationOptions) => Promise<Res>

/** The methods of a whole registry of operations, with their documentation. */
export type Methods<Registry> = {
  [K in keyof Registry]: Registry[K] extends Operation<infer Req, infer Res> ? Method<Req, Res> : never
}
