import {
  type BucketAcl,
  Client,
  type CreateSelectObjectMetaRequest,
  callback,
  type GetObjectResult,
  image,
  type ListObjectsV2Result,
  type OperationOptions,
  type PostCondition,
  type PutBucketAclRequest,
  StaticCredentialsProvider,
  type StorageClass,
  verifyCallback,
} from 'ferross'
import { int, isoDate, text } from '#src/binding/codec.js'
import { bucketName, document, element, elements, header, query, required, sentBody } from '#src/binding/field.js'
import { type OperationRequest, type OperationResult, type OperationSpec, operation } from '#src/binding/operation.js'
import { shape } from '#src/binding/shape.js'

// Compiled by types.test.ts, never run. See there for what the comments mean.

const credentialsProvider = new StaticCredentialsProvider('id', 'secret')
const client = new Client({ region: 'cn-hangzhou', credentialsProvider })

/** Fails to compile unless both types are the same. */
function same<A, B>(_equal: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false) {}

// --- options of the client

new Client({ region: 'cn-hangzhou', credentialsProvider, signatureVersion: 'v1', memoryLimit: 1 })
// @ts-expect-error 'regoin' does not exist
new Client({ regoin: 'cn-hangzhou', credentialsProvider })
// @ts-expect-error Type '"v5"' is not assignable
new Client({ region: 'cn-hangzhou', credentialsProvider, signatureVersion: 'v5' })
// @ts-expect-error Type 'string' is not assignable to type 'number'
new Client({ region: 'cn-hangzhou', credentialsProvider, connectTimeout: '5s' })
// @ts-expect-error Property 'getCredentials' is missing
new Client({ region: 'cn-hangzhou', credentialsProvider: {} })

// --- requests

client.putBucketAcl({ bucket: 'b', acl: 'private' })
client.putBucketAcl({ bucket: 'b', acl: 'a-rule-of-tomorrow' })
client.putObject(
  { bucket: 'b', key: 'k', body: new Uint8Array(1), metadata: { a: 'b' } },
  { signal: AbortSignal.timeout(1) },
)
client.listBuckets()
client.describeRegions()
client.listObjectsV2({ bucket: 'b', headers: { 'x-oss-own': '1' }, parameters: { own: '1' } })
// @ts-expect-error Property 'sourceKey' is missing
client.copyObject({ bucket: 'b', key: 'k' })
// @ts-expect-error Property 'bucket' is missing
client.putBucketAcl({ acl: 'private' })
// @ts-expect-error Property 'key' is missing
client.getObject({ bucket: 'b' })
// @ts-expect-error Expected 1-2 arguments, but got 0
client.getObject()
// @ts-expect-error 'storageclass' does not exist
client.putObject({ bucket: 'b', key: 'k', storageclass: 'IA' })
// @ts-expect-error Type 'number' is not assignable to type 'string'
client.headObject({ bucket: 'b', key: 5 })
// @ts-expect-error Type 'string' is not assignable to type 'number'
client.listObjectsV2({ bucket: 'b', maxKeys: '5' })
// @ts-expect-error Type 'string' is not assignable to type 'boolean'
client.putObject({ bucket: 'b', key: 'k', forbidOverwrite: 'true' })
// @ts-expect-error Type 'number' is not assignable to type 'string'
client.putObject({ bucket: 'b', key: 'k', metadata: { a: 5 } })
// @ts-expect-error Type 'null' is not assignable
client.putObject({ bucket: 'b', key: 'k', contentType: null })
const upload = { bucket: 'b', key: 'k', uploadId: 'u' }
// @ts-expect-error 'partNumbr' does not exist
client.completeMultipartUpload({ ...upload, completeMultipartUpload: { parts: [{ partNumbr: 1 }] } })
// @ts-expect-error 'retries' does not exist
client.getObject({ bucket: 'b', key: 'k' }, { retries: 5 })
// @ts-expect-error Property 'putBukcet' does not exist
client.putBukcet({ bucket: 'b' })

// --- presigning and forms

client.presign('uploadPart', { bucket: 'b', key: 'k', uploadId: 'u', partNumber: 1 }, { expires: 60 })
// @ts-expect-error Argument of type '"listBuckets"' is not assignable
client.presign('listBuckets', {})
// @ts-expect-error Property 'uploadId' is missing
client.presign('uploadPart', { bucket: 'b', key: 'k', partNumber: 1 })
client.presignPost({
  bucket: 'b',
  key: { prefix: 'a/' },
  contentLengthRange: [0, 5],
  ...callback({ url: 'https://a/', body: 'a' }),
})
// @ts-expect-error Property 'key' is missing
client.presignPost({ bucket: 'b' })
// @ts-expect-error Type '202' is not assignable
client.presignPost({ bucket: 'b', key: 'k', successActionStatus: 202 })
// @ts-expect-error is not assignable to type 'PostCondition'
export const likeCondition: PostCondition = ['like', '$key', 'a']
// @ts-expect-error Property 'body' is missing
callback({ url: 'https://a/' })
verifyCallback({ url: '/', headers: new Headers(), body: '' }).then(outcome => {
  if (!outcome.valid)
    same<typeof outcome.reason, 'malformed' | 'too-large' | 'untrusted-key' | 'key-unavailable' | 'wrong-signature'>(
      true,
    )
  // @ts-expect-error Property 'reason' does not exist on type
  if (outcome.valid) outcome.reason
})

// --- processing

image().resize({ mode: 'fill', width: 5 }).format('webp')
// @ts-expect-error Type '"stretch"' is not assignable
image().resize({ mode: 'stretch' })
// @ts-expect-error Argument of type '"exe"' is not assignable
image().format('exe')
// @ts-expect-error Property 'rotate' does not exist
image().info().rotate(90)

// --- results and shared types

export const acl: BucketAcl = 'anything' as string
same<ListObjectsV2Result['keyCount'], number | undefined>(true)
same<GetObjectResult['statusCode'], number>(true)
same<NonNullable<ListObjectsV2Result['contents']>[number]['lastModified'], Date | undefined>(true)
same<PutBucketAclRequest['bucket'], string>(true)
same<OperationOptions['signal'], AbortSignal | undefined>(true)
export const storageClass: StorageClass = 'IA'
export const counted: CreateSelectObjectMetaRequest = {
  bucket: 'b',
  key: 'k',
  process: 'csv/meta',
  selectMetaRequest: {},
}
// @ts-expect-error Type 'undefined' is not assignable to type 'number'
export const keyCount: number = ({} as ListObjectsV2Result).keyCount

// --- descriptors: every field bound once, with a codec of its type and the right presence

interface Req extends OperationRequest {
  bucket: string
  size?: number
  when?: Date
}
interface Res extends OperationResult {
  names?: string[]
}
interface Inner {
  id: string
  count?: number
}
type Spec = OperationSpec<Req, Res>
const request = { bucket: required(bucketName), size: header('size', int), when: query('when', isoDate) }
const { bucket, size, when } = request
const response = { names: elements('Name', text) }
export const good = operation<Req, Res>({ name: 'A', method: 'GET', request, response })
// @ts-expect-error Property 'response' is missing
operation<Req, Res>({ name: 'A', method: 'GET', request })
// @ts-expect-error Type '"FETCH"' is not assignable
operation<Req, Res>({ name: 'A', method: 'FETCH', request, response })
// @ts-expect-error Property 'when' is missing
export const unbound: Spec['request'] = { bucket, size }
// @ts-expect-error Property 'names' is missing
export const unread: Spec['response'] = {}
// @ts-expect-error 'other' does not exist
export const surplus: Spec['response'] = { ...response, other: element('O', text) }
// @ts-expect-error is not assignable to type 'Field<number, false>'
export const codec: Spec['request'] = { bucket, when, size: header('size', text) }
// @ts-expect-error Type 'false' is not assignable to type 'true'
export const optional: Spec['request'] = { when, size, bucket: bucketName }
// @ts-expect-error Type 'true' is not assignable to type 'false'
export const needed: Spec['request'] = { bucket, when, size: required(size) }
// @ts-expect-error Field<number, false>
export const body: Spec['request'] = { bucket, when, size: sentBody }
// @ts-expect-error is not assignable to type 'Field<string[], false>'
export const single: Spec['response'] = { names: element('Name', text) }
const inner = shape<Inner>({ id: required(element('Id', text)), count: element('Count', int) })
export const row = document('Inner', inner)
// @ts-expect-error Property 'count' is missing
export const partial = shape<Inner>({ id: required(element('Id', text)) })
// @ts-expect-error Type 'false' is not assignable to type 'true'
export const weak = shape<Inner>({ id: element('Id', text), count: element('Count', int) })
