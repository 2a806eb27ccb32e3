/**
 * ferross: an SDK for Alibaba Cloud OSS.
 *
 * @packageDocumentation
 */

export type { Open } from './binding/codec.js'
export type { HttpMethod, OperationRequest, OperationResult } from './binding/operation.js'
export {
  Client,
  type InvokeOperationInput,
  type InvokeOperationResult,
  type PresignableOperation,
} from './client/client.js'
export type { Endpoint } from './client/endpoint.js'
export type { Method, Methods } from './client/methods.js'
export { type ClientOptions, loadDefault } from './client/options.js'
export { Paginator, type PaginatorOptions } from './client/paginator.js'
export type { PresignOptions, PresignResult } from './client/presign.js'
export { AnonymousCredentialsProvider } from './credentials/anonymous.js'
export type { Credentials, CredentialsProvider } from './credentials/credentials.js'
export { EnvironmentCredentialsProvider } from './credentials/environment.js'
export { FunctionCredentialsProvider } from './credentials/function.js'
export { StaticCredentialsProvider } from './credentials/static.js'
export * from './errors.js'
export type { HttpClient, HttpRequest, HttpResponse, Timeouts } from './http/http-client.js'
export { UndiciHttpClient, type UndiciHttpClientOptions } from './http/undici-client.js'
export { version } from './internal/version.js'
export { Crc64, crc64, crc64Combine } from './native/checksum.js'
export { nativeStatus } from './native/index.js'
export type * from './operations/index.js'
export { type Body, FileBody } from './pipeline/body.js'
export type { OperationOptions, ProgressListener } from './pipeline/context.js'
export type { ObjectBody } from './pipeline/object-body.js'
export { EqualJitterBackoff, FixedDelayBackoff, FullJitterBackoff } from './retry/backoff.js'
export { NopRetryer } from './retry/nop-retryer.js'
export type { Backoff, Retryer } from './retry/retryer.js'
export { StandardRetryer, type StandardRetryerOptions } from './retry/standard-retryer.js'
export {
  Downloader,
  type DownloaderOptions,
  type DownloadRequest,
  type DownloadResult,
} from './transfer/downloader.js'
export type { TransferOptions } from './transfer/options.js'
export { Uploader, type UploaderOptions, type UploadRequest, type UploadResult } from './transfer/uploader.js'
