import { inspect } from 'node:util'
import { receivedBody } from '../binding/field.js'
import type { Operation, OperationRequest, OperationResult } from '../binding/operation.js'
import { type HttpMethod, operation } from '../binding/operation.js'
import { ParamInvalidError, ServiceError } from '../errors.js'
import { type AppendOnlyFile, openAppendOnlyFile } from '../files/append-only-file.js'
import type { AppendFileOptions } from '../files/append-options.js'
import type { OpenFileOptions } from '../files/open-options.js'
import { openReadOnlyFile, type ReadOnlyFile } from '../files/read-only-file.js'
import type { TransferKind } from '../observability/events.js'
import { traceFolder } from '../observability/transfer-trace.js'
import * as operations from '../operations/index.js'
import { type Body, FileBody, isBody } from '../pipeline/body.js'
import type { OperationOptions } from '../pipeline/context.js'
import type { ObjectBody } from '../pipeline/object-body.js'
import { send } from '../pipeline/send.js'
import type { PresignPostRequest } from '../signing/post-object.js'
import { Copier, type CopierOptions } from '../transfer/copier.js'
import { type DeletePrefixOptions, type DeletePrefixRequest, deletePrefix } from '../transfer/delete-prefix.js'
import {
  type DownloadDirectoryOptions,
  type DownloadDirectoryRequest,
  downloadDirectory,
  type UploadDirectoryOptions,
  type UploadDirectoryRequest,
  uploadDirectory,
} from '../transfer/directories.js'
import type { DirectorySummary } from '../transfer/directory-options.js'
import { Downloader, type DownloaderOptions } from '../transfer/downloader.js'
import { type ListAllOptions, type ListAllRequest, ObjectLister } from '../transfer/list-all.js'
import { type SweepOptions, type SweepRequest, sweepMultipartUploads } from '../transfer/sweep.js'
import { sync } from '../transfer/sync.js'
import type { SyncOptions, SyncRequest } from '../transfer/sync-options.js'
import { Uploader, type UploaderOptions } from '../transfer/uploader.js'
import { type ClientCore, closeCore, createCore, rememberCore } from './core.js'
import { getObjectToFile } from './get-to-file.js'
import type { Methods } from './methods.js'
import { type ClientOptions, resolveOptions } from './options.js'
import {
  listBucketsRule,
  listMultipartUploadsRule,
  listObjectsRule,
  listObjectsV2Rule,
  listObjectVersionsRule,
  listPartsRule,
} from './page-rules.js'
import { type PageRule, Paginator, type PaginatorOptions } from './paginator.js'
import { type PresignOptions, type PresignResult, presign } from './presign.js'
import { type PresignPostResult, presignPost } from './presign-post.js'

type Registry = typeof operations
type RequestOf<K extends keyof Registry> = Registry[K] extends Operation<infer Req, unknown> ? Req : never
type ResultOf<K extends keyof Registry> = Registry[K] extends Operation<unknown, infer Res> ? Res : never

/** Operations whose requests can be signed in a URL. */
export type PresignableOperation =
  | 'getObject'
  | 'headObject'
  | 'putObject'
  | 'initiateMultipartUpload'
  | 'uploadPart'
  | 'completeMultipartUpload'
  | 'abortMultipartUpload'

const presignable: readonly string[] = [
  'getObject',
  'headObject',
  'putObject',
  'initiateMultipartUpload',
  'uploadPart',
  'completeMultipartUpload',
  'abortMultipartUpload',
] satisfies PresignableOperation[]

/** Input of {@link Client.invokeOperation}. */
export interface InvokeOperationInput extends OperationRequest {
  /** Name of the operation, for errors and logs. */
  opName: string
  method: HttpMethod
  bucket?: string
  key?: string
  /** Query names that signature V1 must cover. */
  subResource?: string[]
  body?: Body
}

/** Output of {@link Client.invokeOperation}. */
export interface InvokeOperationResult extends OperationResult {
  /** The answer's body: read it or destroy it. */
  body: ObjectBody
}

/**
 * A client of OSS. Make one per region and credentials and keep it: connections and checksummed credentials are reused.
 * Every operation of the REST API is a method; see also {@link Client.uploader} and {@link Client.downloader} for files.
 *
 * @throws ParamInvalidError or ParamRequiredError for wrong options, naming the option
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the loop below this class defines exactly these methods
export class Client {
  readonly #core: ClientCore

  constructor(options: ClientOptions) {
    this.#core = createCore(resolveOptions(options))
    rememberCore(this, this.#core)
  }

  static {
    for (const [name, described] of Object.entries(operations)) {
      Object.defineProperty(Client.prototype, name, {
        configurable: true,
        writable: true,
        value: function (this: Client, request: OperationRequest = {}, options?: OperationOptions) {
          return send(this.#core, described as Operation<OperationRequest, unknown>, request, options)
        },
      })
    }
  }

  /**
   * Makes a URL that works without credentials until it expires, for one of the {@link PresignableOperation}s. Nothing is
   * sent, so nothing is checked but the request's form.
   *
   * @throws PresignExpirationError for more than 7 days under signature V4
   */
  presign<K extends PresignableOperation>(
    name: K,
    request: RequestOf<K>,
    options?: PresignOptions,
  ): Promise<PresignResult> {
    if (!presignable.includes(name))
      return Promise.reject(new ParamInvalidError('operation', `cannot presign ${String(name)}`))
    return presign(
      this.#core,
      operations[name] as unknown as Operation<OperationRequest, unknown>,
      request as OperationRequest,
      options,
    )
  }

  /**
   * Makes an HTML form that uploads one object without credentials until it expires, within the limits of the request: the
   * key or its beginning, size, type. Send its fields in their order, then the field `file`, as `multipart/form-data`.
   * Nothing is sent here.
   *
   * @throws ParamInvalidError or ParamRequiredError naming the field, PresignExpirationError for more than 7 days under V4
   */
  presignPost(request: PresignPostRequest, options?: PresignOptions): Promise<PresignPostResult> {
    return presignPost(this.#core, request, options)
  }

  /** Sends any operation, also one this version does not know, with the same signing, retry and errors as the others. */
  invokeOperation(input: InvokeOperationInput, options?: OperationOptions): Promise<InvokeOperationResult> {
    try {
      checkInvocation(input)
    } catch (error) {
      return Promise.reject(error)
    }
    const { opName, method, bucket, key, subResource, body, headers, parameters } = input
    const described = operation<OperationRequest, InvokeOperationResult>({
      name: opName,
      method,
      ...(subResource && { subResource }),
      encode: (_request, draft) => {
        draft.body = body
      },
      request: {},
      response: { body: { ...receivedBody, required: true } },
    })
    const addressed = {
      ...described,
      request: [
        ['bucket', { place: 'bucket', wire: 'bucket', required: false }],
        ['key', { place: 'key', wire: 'key', required: false }],
      ] as const,
    }
    return send(this.#core, addressed, { bucket, key, headers, parameters } as OperationRequest, options)
  }

  #paginate<K extends keyof Registry, Item>(
    name: K,
    rule: PageRule<ResultOf<K>, Item>,
    request: RequestOf<K>,
    options: PaginatorOptions | undefined,
  ): Paginator<RequestOf<K> & object, ResultOf<K>, Item> {
    const described = operations[name] as unknown as Operation<OperationRequest, ResultOf<K>>
    return new Paginator(
      (page, pageOptions) => send(this.#core, described, page, pageOptions),
      rule,
      request as RequestOf<K> & object,
      options,
    )
  }

  /** Pages of {@link Client.listBuckets}; entries are buckets. */
  listBucketsPaginator(request: operations.ListBucketsRequest = {}, options?: PaginatorOptions) {
    return this.#paginate('listBuckets', listBucketsRule, request, options)
  }

  /** Pages of {@link Client.listObjects}; entries are objects, not common prefixes. */
  listObjectsPaginator(request: operations.ListObjectsRequest, options?: PaginatorOptions) {
    return this.#paginate('listObjects', listObjectsRule, request, options)
  }

  /** Pages of {@link Client.listObjectsV2}; entries are objects, not common prefixes. */
  listObjectsV2Paginator(request: operations.ListObjectsV2Request, options?: PaginatorOptions) {
    return this.#paginate('listObjectsV2', listObjectsV2Rule, request, options)
  }

  /** Pages of {@link Client.listObjectVersions}; entries are versions and delete markers. */
  listObjectVersionsPaginator(request: operations.ListObjectVersionsRequest, options?: PaginatorOptions) {
    return this.#paginate('listObjectVersions', listObjectVersionsRule, request, options)
  }

  /** Pages of {@link Client.listParts}; entries are parts. */
  listPartsPaginator(request: operations.ListPartsRequest, options?: PaginatorOptions) {
    return this.#paginate('listParts', listPartsRule, request, options)
  }

  /** Pages of {@link Client.listMultipartUploads}; entries are unfinished uploads. */
  listMultipartUploadsPaginator(request: operations.ListMultipartUploadsRequest, options?: PaginatorOptions) {
    return this.#paginate('listMultipartUploads', listMultipartUploadsRule, request, options)
  }

  /** Whether a bucket exists, also one that others own. @throws ServiceError when the service cannot say */
  async isBucketExist(request: { bucket: string }, options?: OperationOptions): Promise<boolean> {
    try {
      await this.getBucketAcl(request, options)
      return true
    } catch (error) {
      if (!(error instanceof ServiceError) || error.statusCode >= 500) throw error
      if (error.code === 'NoSuchBucket') return false
      // Any other answer about this bucket, such as AccessDenied, is given only for one that exists.
      if (error.statusCode === 403 && error.code === 'AccessDenied') return true
      throw error
    }
  }

  /** Whether an object exists. A missing bucket is an error, not `false`. */
  async isObjectExist(
    request: { bucket: string; key: string; versionId?: string },
    options?: OperationOptions,
  ): Promise<boolean> {
    try {
      await this.getObjectMeta(request, options)
      return true
    } catch (error) {
      if (!(error instanceof ServiceError) || error.statusCode !== 404) throw error
      if (['NoSuchKey', 'NoSuchVersion', 'BadErrorResponse'].includes(error.code)) return false
      throw error
    }
  }

  /** {@link Client.putObject} with a file as the body, in one request. Above 100 MiB prefer {@link Client.uploader}. */
  putObjectFromFile(
    request: Omit<operations.PutObjectRequest, 'body'>,
    path: string,
    options?: OperationOptions,
  ): Promise<operations.PutObjectResult> {
    return this.putObject({ ...request, body: new FileBody(path) }, options)
  }

  /**
   * {@link Client.getObject} into a file. The file appears, or is replaced, only when the whole body has arrived and its
   * CRC-64 is right; a body that breaks off is asked for again. Above 100 MiB prefer {@link Client.downloader}.
   */
  getObjectToFile(
    request: operations.GetObjectRequest,
    path: string,
    options?: OperationOptions,
  ): Promise<Omit<operations.GetObjectResult, 'body'>> {
    return getObjectToFile(this.#core, request, path, options)
  }

  /** Uploads files in parallel parts. @throws ParamInvalidError naming a wrong option */
  uploader(options?: UploaderOptions): Uploader {
    return new Uploader(this.#core, options)
  }

  /** Downloads objects in parallel parts. @throws ParamInvalidError naming a wrong option */
  downloader(options?: DownloaderOptions): Downloader {
    return new Downloader(this.#core, options)
  }

  /** Copies objects inside a region, large ones in parallel parts. @throws ParamInvalidError naming a wrong option */
  copier(options?: CopierOptions): Copier {
    return new Copier(this.#core, options)
  }

  /**
   * Opens an object to read it like a file, from any position. Close the file when done: it may hold connections.
   *
   * @throws ServiceError when there is no such object, ParamInvalidError naming a wrong option
   */
  openFile(bucket: string, key: string, options?: OpenFileOptions): Promise<ReadOnlyFile> {
    return openReadOnlyFile(this.#core, bucket, key, options)
  }

  /**
   * Lists all objects with a prefix by several requests at once, each object exactly once, in no order. Use it for very many
   * keys; {@link Client.listObjectsV2Paginator} keeps the order. The result's `cursor` goes on where a loop was left.
   *
   * @throws ParamInvalidError naming a wrong option
   */
  listAllObjects(request: ListAllRequest, options?: ListAllOptions): ObjectLister {
    return new ObjectLister(this.#core, request, options)
  }

  /**
   * Uploads every file below a folder; keys are the prefix and the path in the folder. Nothing is held in memory but the
   * files under way. Links are passed over, as are sockets and the like, each with a report to `onFile`.
   *
   * @throws FileError when there is no such folder; under `onFailure: 'stop'`, the default, the first file's error
   */
  uploadDirectory(
    request: UploadDirectoryRequest,
    directory: string,
    options?: UploadDirectoryOptions,
  ): Promise<DirectorySummary> {
    const run = () => uploadDirectory(this.#core, request, directory, options)
    return this.#folder('upload-directory', request, options, run)
  }

  /**
   * Downloads every object of a folder in the bucket to a local folder, which is made if need be; files get the objects' times.
   * No key can lead out of the folder, not by `..` and not through a link: such keys, and those the system cannot hold as a
   * file, fail with a {@link ParamInvalidError}.
   *
   * @throws ServiceError when the listing fails; under `onFailure: 'stop'`, the default, the first file's error
   */
  downloadDirectory(
    request: DownloadDirectoryRequest,
    directory: string,
    options?: DownloadDirectoryOptions,
  ): Promise<DirectorySummary> {
    const run = () => downloadDirectory(this.#core, request, directory, options)
    return this.#folder('download-directory', request, options, run)
  }

  /**
   * Makes one folder like another: from a local folder to a bucket, from a bucket to a local folder, or from bucket to bucket.
   * Both sides are read in order and compared as they go by, so the number of files does not matter. Only what differs is
   * transferred; with `delete` the target loses what the source does not have.
   *
   * @throws as {@link Client.uploadDirectory} and {@link Client.downloadDirectory} do
   */
  sync(request: SyncRequest, options?: SyncOptions): Promise<DirectorySummary> {
    const remote = typeof request?.to === 'object' ? request.to : request?.from
    const run = () => sync(this.#core, request, options)
    return this.#folder('sync', typeof remote === 'object' ? remote : undefined, options, run)
  }

  /**
   * Deletes all objects whose keys begin with a prefix, a thousand with each request. An empty prefix must be confirmed.
   * What the service does not confirm counts as failed.
   *
   * @throws ServiceError when the listing fails; under `onFailure: 'stop'`, the default, the first deletion's error
   */
  deletePrefix(request: DeletePrefixRequest, options?: DeletePrefixOptions): Promise<DirectorySummary> {
    return this.#folder('delete-prefix', request, options, () => deletePrefix(this.#core, request, options))
  }

  /**
   * Aborts multipart uploads that were begun long ago and never ended; their parts are invisible and cost money.
   *
   * @throws ServiceError when the listing fails; under `onFailure: 'stop'`, the default, the first abort's error
   */
  sweepMultipartUploads(request: SweepRequest, options: SweepOptions): Promise<DirectorySummary> {
    return this.#folder('sweep', request, options, () => sweepMultipartUploads(this.#core, request, options))
  }

  /**
   * Opens an object to append to it like to a log file; it need not exist yet. Close the file when done: it may hold bytes
   * that were not sent.
   *
   * @throws NotAppendableError when the object was not made by appending, ParamInvalidError naming a wrong option
   */
  appendFile(bucket: string, key: string, options?: AppendFileOptions): Promise<AppendOnlyFile> {
    return openAppendOnlyFile(this.#core, bucket, key, options)
  }

  #folder(
    kind: TransferKind,
    place: { bucket?: string; prefix?: string } | undefined,
    options: { signal?: AbortSignal } | undefined,
    run: () => Promise<DirectorySummary>,
  ): Promise<DirectorySummary> {
    const subject = { kind, bucket: place?.bucket, key: place?.prefix }
    return traceFolder(this.#core.logger, subject, options?.signal, run)
  }

  /**
   * Closes the connections. Calls under way and later ones reject with {@link ClientClosedError}. A transport or dispatcher that
   * was passed in stays open, and calls that it carries already go on.
   */
  close(): Promise<void> {
    return closeCore(this.#core)
  }

  /** {@link Client.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @internal What a log shows of a client: never its credentials. */
  [inspect.custom](): string {
    return `Client { endpoint: '${this.#core.options.endpoint.host}', region: '${this.#core.region}' }`
  }
}

/** The operations of the REST API as methods. */
export interface Client extends Methods<Registry> {}

const methods: readonly string[] = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS']

/** @throws ParamInvalidError naming what nothing checks later on */
function checkInvocation(input: InvokeOperationInput): void {
  if (typeof input !== 'object' || input === null) throw new ParamInvalidError('request', 'expected an object')
  const { opName, method, subResource, body } = input
  if (typeof opName !== 'string' || opName === '') throw new ParamInvalidError('opName', 'expected a name')
  if (!methods.includes(method)) throw new ParamInvalidError('method', `expected one of ${methods.join(', ')}`)
  if (subResource !== undefined && !(Array.isArray(subResource) && subResource.every(name => typeof name === 'string')))
    throw new ParamInvalidError('subResource', 'expected an array of names')
  if (body !== undefined && !isBody(body))
    throw new ParamInvalidError('body', 'expected a string, bytes, a Blob, a stream or a FileBody')
}
