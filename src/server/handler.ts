import type { Operation, OperationData, OperationResult } from '../binding/operation.js'
import type * as operations from '../operations/index.js'
import type { Address } from './addressing.js'
import type { CallbackSigner } from './callback/signer.js'
import type { Incoming } from './incoming.js'
import type { ServerSettings } from './options.js'
import type { Bucket } from './storage/bucket.js'
import type { Segment } from './storage/records.js'
import type { Store } from './storage/store.js'

/** One request on its way through a handler. */
export interface Call {
  readonly store: Store
  readonly settings: ServerSettings
  readonly operation: OperationData
  readonly incoming: Incoming
  readonly address: Address
  readonly requestId: string
  /** The server's clock when the request arrived, in milliseconds since 1970. */
  readonly now: number
  /** Whether the request was signed by the owner of the buckets. */
  readonly owner: boolean
  /** The bucket of the request. @throws Failure NoSuchBucket */
  readonly bucket: Bucket
  /** The key of the request; empty for operations without one. */
  readonly key: string
  /** IP address of the requester. */
  readonly clientAddress: string
  readonly callbackSigner: CallbackSigner
  /** The body as it arrives. To be read once. Throws when the connection ends early. */
  readonly body: () => AsyncIterable<Uint8Array>
}

/** Bytes of an object to send. Whoever hands them out has retained their segments; sending releases them. */
export interface ContentReply {
  readonly segments: readonly Segment[]
  readonly length: number
}

/** A body that is made while it is sent. When that fails the connection breaks off. */
export interface StreamReply {
  readonly chunks: AsyncIterable<Buffer>
  /** Gives up what the body is made of. Called in any case, also when nothing was sent. */
  readonly close: () => Promise<void>
}

/** What a handler answers. */
export interface Reply<Result = Readonly<Record<string, unknown>>> {
  /** HTTP status. @default 200 */
  readonly status?: number
  /** Fields of the operation's result. */
  readonly result?: Result
  /** Headers that the operation's result has no field for. Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  /** Root element of the document where the descriptor names none. */
  readonly root?: string
  /** Percent-encodes listed names. @default false */
  readonly urlEncode?: boolean
  readonly content?: ContentReply
  readonly stream?: StreamReply
  /** A finished body in place of a document. */
  readonly text?: { readonly body: string; readonly contentType: string }
  /** The same with bytes. */
  readonly bytes?: { readonly body: Buffer; readonly contentType: string }
}

type Operations = typeof operations
type OperationName = {
  [Name in keyof Operations]: Operations[Name] extends Operation<infer _Req, infer _Res> ? Name : never
}[keyof Operations]
type TypesOf<Name extends OperationName> =
  Operations[Name] extends Operation<infer Req, infer Res> ? { request: Req; result: Res } : never
type ResultFields<Result> = { readonly [K in Exclude<keyof Result, keyof OperationResult>]?: Result[K] | undefined }

/** Performs one operation. */
export type Handler<Name extends OperationName> = (
  call: Call,
  request: TypesOf<Name>['request'],
) => Promise<Reply<ResultFields<TypesOf<Name>['result']>>> | Reply<ResultFields<TypesOf<Name>['result']>>

/** A handler whose types are not known, as the dispatcher calls it. */
export type AnyHandler = (call: Call, request: Readonly<Record<string, unknown>>) => Promise<Reply> | Reply

/** Handlers by the name of the operation's method. Operations without one are answered with NotImplemented. */
export type Handlers = { readonly [Name in OperationName]?: Handler<Name> }
