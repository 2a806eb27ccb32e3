import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Address } from './addressing.js'
import type { CallbackSigner } from './callback/signer.js'
import type { FaultEffect, FaultScript } from './faults.js'
import type { Incoming } from './incoming.js'
import type { ServerSettings } from './options.js'
import type { RequestLog } from './request-log.js'
import type { Route, Router } from './router.js'
import type { Store } from './storage/store.js'

/** What the dispatcher works with. */
export interface DispatchContext {
  readonly store: Store
  readonly settings: ServerSettings
  readonly router: Router
  readonly faults: FaultScript
  readonly log: RequestLog
  readonly callbackSigner: CallbackSigner
}

/** Everything known about one request while it is answered. */
export interface Exchange {
  readonly context: DispatchContext
  readonly message: IncomingMessage
  readonly response: ServerResponse
  readonly awaitsContinue: boolean
  readonly requestId: string
  readonly started: number
  incoming: Incoming | undefined
  address: Address
  route: Route | undefined
  fault: FaultEffect
  now: number
  code: string | undefined
}
