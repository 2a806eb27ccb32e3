import type { RequestDraft } from './draft.js'
import type { Bindings, Field } from './field.js'

/** Fields that every request may carry besides its own. */
export interface OperationRequest {
  /** Extra HTTP headers. The request's own fields win over them, they win over the operation's fixed ones. */
  headers?: Record<string, string>
  /** Extra query parameters, with the same precedence as {@link OperationRequest.headers}. */
  parameters?: Record<string, string>
}

/** Fields that every result has besides its own. */
export interface OperationResult {
  /** HTTP status of the answer. */
  statusCode: number
  /** Identifies the request in the service's logs. Quote it when asking for support. */
  requestId: string
  /** Headers of the answer, names in lower case. */
  headers: Record<string, string>
}

/** HTTP methods that OSS uses. */
export type HttpMethod = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE' | 'OPTIONS'

/** Completes a request in a way that rows cannot express; gets the request and what has been built from it. */
export type EncodeHook<Req> = (request: Req, draft: RequestDraft) => void

/** An answer that comes in frames, as the answers to SQL queries do. */
export interface Frames<Req> {
  /** Whether `body` streams the data of the frames, or the result's own fields are read from the last frame. */
  readonly take: 'data' | 'end'
  /** Whether the request asks for frames with checksums, to be compared. @default never */
  readonly checksums?: (request: Req) => boolean
}

/** What {@link operation} takes: an operation of the REST API as data. */
export interface OperationSpec<Req, Res> {
  /** Name in the service's documentation, such as `PutBucketAcl`. */
  readonly name: string
  readonly method: HttpMethod
  /** Query parameters that are always sent. */
  readonly query?: Readonly<Record<string, string>>
  /** Headers that are always sent, names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  /** Query names that signature V1 covers besides its own list. */
  readonly subResource?: readonly string[]
  /** Sends Content-MD5 of the body, of an empty one too. @default false */
  readonly contentMd5?: boolean
  /** Sets Content-Type from the key's extension when the request does not. @default false */
  readonly contentTypeFromKey?: boolean
  /** Compares the CRC-64 of what was sent with `x-oss-hash-crc64ecma` of the answer. @default false */
  readonly checkCrc?: boolean
  /** Compares the CRC-64 of a body received whole with `x-oss-hash-crc64ecma`. @default false */
  readonly checkReceivedCrc?: boolean
  /** Work for the service that may take minutes: the read timeout is stretched. @default false */
  readonly longRunning?: boolean
  /** Root element of the XML answer when its children are the fields of the result. */
  readonly root?: string
  /** Says that the answer comes in frames, and what is taken from them. */
  readonly frames?: Frames<Req>
  /** Completes the request where rows cannot. */
  readonly encode?: EncodeHook<Req>
  readonly request: Bindings<Omit<Req, keyof OperationRequest>>
  readonly response: Bindings<Omit<Res, keyof OperationResult>>
}

type Rows = readonly (readonly [name: string, field: Field<unknown>])[]

/** An operation as the interpreter reads it. */
export interface OperationData {
  readonly name: string
  readonly method: HttpMethod
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly subResource: readonly string[]
  readonly contentMd5: boolean
  readonly contentTypeFromKey: boolean
  readonly checkCrc: boolean
  readonly checkReceivedCrc: boolean
  readonly longRunning: boolean
  readonly root: string | undefined
  readonly frames: Frames<never> | undefined
  readonly encode: EncodeHook<never> | undefined
  readonly request: Rows
  readonly response: Rows
  /** Whether the answer is handed over as a stream. */
  readonly streams: boolean
}

/** An operation of the REST API with the types of its request and result. Made by {@link operation}. */
export interface Operation<Req, Res> extends OperationData {
  /** Only for the compiler. */
  readonly types?: { readonly request: Req; readonly result: Res }
}

/** Describes one operation. The compiler insists on one row for each field of request and result. */
export function operation<Req extends OperationRequest, Res extends OperationResult>(
  spec: OperationSpec<Req, Res>,
): Operation<Req, Res> {
  const response = Object.entries(spec.response) as unknown as Rows
  return {
    name: spec.name,
    method: spec.method,
    query: spec.query ?? {},
    headers: spec.headers ?? {},
    subResource: spec.subResource ?? [],
    contentMd5: spec.contentMd5 ?? false,
    contentTypeFromKey: spec.contentTypeFromKey ?? false,
    checkCrc: spec.checkCrc ?? false,
    checkReceivedCrc: spec.checkReceivedCrc ?? false,
    longRunning: spec.longRunning ?? false,
    root: spec.root,
    frames: spec.frames as Frames<never> | undefined,
    encode: spec.encode as EncodeHook<never> | undefined,
    request: Object.entries(spec.request) as unknown as Rows,
    response,
    streams: response.some(([, field]) => field.place === 'stream'),
  }
}
