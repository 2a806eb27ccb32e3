import type { Body } from '../pipeline/body.js'
import type { ObjectBody } from '../pipeline/object-body.js'
import type { Codec } from './codec.js'
import type { Shape } from './shape.js'

/** Where a field lives on the wire. */
export type Place =
  | 'bucket'
  | 'key'
  | 'header'
  | 'headers'
  | 'query'
  | 'element'
  | 'elements'
  | 'document'
  | 'body'
  | 'stream'
  | 'text'
  | 'callback'
  | 'member'
  | 'members'
  | 'local'

/**
 * One row of a binding table: where a field of type `T` goes, and how. `Required` says whether it must be given.
 * Make rows with {@link header}, {@link query}, {@link element} and the other functions of this file.
 */
export interface Field<T, Required extends boolean = boolean> {
  readonly place: Place
  /** Name on the wire, or a path of element names with `/`. */
  readonly wire: string
  readonly required: Required
  /** Turns the value, or each item, into text. */
  readonly codec?: Codec<never>
  /** Describes the value, or each item, when it is a structure. */
  readonly shape?: Shape<never>
  /** Makes the type invariant in `T`: a codec of another type is an error at the row that has it. */
  readonly check?: (value: T) => T
}

/** A table with one row for every field of `T`, of the right type and presence. */
export type Bindings<T> = {
  readonly [K in keyof T]-?: Field<Exclude<T[K], undefined>, object extends Pick<T, K> ? false : true>
}

/** Marks a row as required: a missing value is an error before anything is sent. */
export function required<T>(field: Field<T, false>): Field<T, true> {
  return { ...field, required: true }
}

function row<T>(place: Place, wire: string, value?: Codec<T> | Shape<T>): Field<T, false> {
  if (value === undefined) return { place, wire, required: false }
  return 'fields' in value
    ? { place, wire, required: false, shape: value as unknown as Shape<never> }
    : { place, wire, required: false, codec: value as unknown as Codec<never> }
}

/** The bucket's name, part of host or path. */
export const bucketName: Field<string, false> = { place: 'bucket', wire: 'bucket', required: false }

/** The object's key, part of the path. */
export const objectKey: Field<string, false> = { place: 'key', wire: 'key', required: false }

/** An HTTP header. */
export function header<T>(name: string, codec: Codec<T>): Field<T, false> {
  return row('header', name, codec)
}

/** All headers with a prefix, as a map from the rest of the name to the value. */
export function headers(prefix: string): Field<Record<string, string>, false> {
  return { place: 'headers', wire: prefix, required: false }
}

/** A query parameter. */
export function query<T>(name: string, codec: Codec<T>): Field<T, false> {
  return row('query', name, codec)
}

/** A child element with text or with a structure inside; `A/B` reaches through a wrapper, `.` is the text of the parent. */
export function element<T>(path: string, value: Codec<T> | Shape<T>): Field<T, false> {
  return row('element', path, value)
}

/** A child element that repeats; `Buckets/Bucket` has a wrapper around the items. */
export function elements<T>(path: string, value: Codec<T> | Shape<T>): Field<T[], false> {
  return row('elements', path, value) as Field<unknown, false> as Field<T[], false>
}

/** The XML body: root element and what is in it. */
export function document<T>(root: string, shape: Shape<T>): Field<T, false> {
  return row('document', root, shape)
}

/** A member of a JSON answer. */
export function member<T>(name: string, codec: Codec<T>): Field<T, false> {
  return row('member', name, codec)
}

/** Bytes to send. */
export const sentBody: Field<Body, false> = { place: 'body', wire: 'body', required: false }

/** Bytes received, as a stream. */
export const receivedBody: Field<ObjectBody, false> = { place: 'stream', wire: 'body', required: false }

/** The whole body of the answer as text. */
export const receivedText: Field<string, false> = { place: 'text', wire: 'body', required: false }

/** The body of the answer as text when the request asked for a callback; the operation's XML is not read then. */
export const callbackText: Field<string, false> = { place: 'callback', wire: 'body', required: false }

/** A field that is not sent as such: read by the descriptor's hook or by the pipeline. */
export function local<T>(): Field<T, false> {
  return { place: 'local', wire: '', required: false }
}
