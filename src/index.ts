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
export type { PresignPostResult } from './client/presign-post.js'
export {
  type AlibabaCloudCredential,
  type AlibabaCloudCredentialClient,
  AlibabaCloudCredentialsProvider,
} from './credentials/alibaba-cloud.js'
export { AnonymousCredentialsProvider } from './credentials/anonymous.js'
export { CredentialsProviderChain } from './credentials/chain.js'
export type { Credentials, CredentialsProvider } from './credentials/credentials.js'
export { type DefaultCredentialsOptions, DefaultCredentialsProvider } from './credentials/default.js'
export { type EcsRamRoleCredentialsOptions, EcsRamRoleCredentialsProvider } from './credentials/ecs-ram-role.js'
export { EnvironmentCredentialsProvider, type EnvironmentVariables } from './credentials/environment.js'
export { FunctionCredentialsProvider, type GetCredentials } from './credentials/function.js'
export { type OidcRoleCredentialsOptions, OidcRoleCredentialsProvider } from './credentials/oidc-role.js'
export type { Environment } from './credentials/options.js'
export { type ProcessCredentialsOptions, ProcessCredentialsProvider } from './credentials/process.js'
export { type ProfileCredentialsOptions, ProfileCredentialsProvider } from './credentials/profile.js'
export type { ProfileSourceOptions } from './credentials/profile-provider.js'
export { type RamRoleArnCredentialsOptions, RamRoleArnCredentialsProvider } from './credentials/ram-role-arn.js'
export { RefreshingCredentialsProvider, type RefreshOptions } from './credentials/refreshing.js'
export type { AssumeRoleOptions } from './credentials/role-options.js'
export { StaticCredentialsProvider } from './credentials/static.js'
export type { StsOptions } from './credentials/sts.js'
export type { TransportOptions } from './credentials/transport.js'
export { type UriCredentialsOptions, UriCredentialsProvider } from './credentials/uri.js'
export type { EncryptedUploader, EncryptedUploadResult, ResumeUploadRequest } from './encryption/encrypted-uploader.js'
export { EncryptionClient } from './encryption/encryption-client.js'
export type { MasterCipher } from './encryption/master-cipher.js'
export { MasterRsaCipher } from './encryption/master-rsa-cipher.js'
export type { MatDesc } from './encryption/mat-desc.js'
export type { EncryptionMultipartContext } from './encryption/multipart-context.js'
export type { EncryptionClientOptions } from './encryption/options.js'
export * from './errors.js'
export type { AppendOnlyFile } from './files/append-only-file.js'
export type { AppendCreateParameter, AppendFileOptions, WriteOptions } from './files/append-options.js'
export { AppendConflictError, FileClosedError, NotAppendableError } from './files/errors.js'
export type { OpenFileOptions } from './files/open-options.js'
export type { ReadOnlyFile, ReadOptions, ReadStreamOptions, SeekOrigin } from './files/read-only-file.js'
export type { ConnectionOptions } from './http/connection-options.js'
export type { Lookup } from './http/dns-cache.js'
export type { FlowWatch, HttpClient, HttpRequest, HttpResponse, Timeouts } from './http/http-client.js'
export { UndiciHttpClient, type UndiciHttpClientOptions } from './http/undici-client.js'
export { version } from './internal/version.js'
export { Crc64, crc64, crc64Combine } from './native/checksum.js'
export { nativeStatus } from './native/index.js'
export type {
  AttemptEvent,
  CredentialsEvent,
  DiagnosticsEvents,
  Outcome,
  RequestEvent,
  TransferEvent,
  TransferKind,
} from './observability/events.js'
export type { Logger, LogRecord } from './observability/logger.js'
export type * from './operations/index.js'
export { type Body, FileBody } from './pipeline/body.js'
export type { OperationOptions, ProgressListener } from './pipeline/context.js'
export type { ObjectBody } from './pipeline/object-body.js'
export {
  type BlurOptions,
  type ImageFormat,
  type ImageProcess,
  type IndexCropOptions,
  image,
  imageStyle,
  type QualityOptions,
} from './processing/image.js'
export type { ProcessText, SaveTarget } from './processing/process.js'
export type { CropOptions, Gravity, ResizeOptions } from './processing/transform.js'
export { type VideoSnapshotOptions, videoSnapshot } from './processing/video.js'
export type { WatermarkOptions } from './processing/watermark.js'
export { EqualJitterBackoff, FixedDelayBackoff, FullJitterBackoff } from './retry/backoff.js'
export { NopRetryer } from './retry/nop-retryer.js'
export type { Backoff, Retryer } from './retry/retryer.js'
export {
  defaultErrorRetryables,
  type ErrorRetryable,
  StandardRetryer,
  type StandardRetryerOptions,
} from './retry/standard-retryer.js'
export { type CallbackOptions, type CallbackParameters, callback } from './signing/callback.js'
export type { Fetch } from './signing/callback-key.js'
export {
  type CallbackMessage,
  type CallbackRejection,
  type CallbackVerification,
  type VerifyCallbackOptions,
  verifyCallback,
} from './signing/callback-verify.js'
export type { PostPrefix, PresignPostRequest } from './signing/post-object.js'
export type { PostCondition } from './signing/post-policy.js'
export { Copier, type CopierOptions, type CopyResult } from './transfer/copier.js'
export type { CopyRequest } from './transfer/copy-source.js'
export type { DeletePrefixOptions, DeletePrefixRequest } from './transfer/delete-prefix.js'
export type {
  DownloadDirectoryOptions,
  DownloadDirectoryRequest,
  UploadDirectoryOptions,
  UploadDirectoryRequest,
} from './transfer/directories.js'
export type { DeleteTarget } from './transfer/directory-delete.js'
export type { DirectoryOptions, DirectorySummary, FileReport, FileStatus } from './transfer/directory-options.js'
export type { SymlinkPolicy } from './transfer/directory-walk.js'
export {
  Downloader,
  type DownloaderOptions,
  type DownloadRequest,
  type DownloadResult,
  type DownloadTarget,
} from './transfer/downloader.js'
export type { KeyFilterOptions } from './transfer/key-filter.js'
export type { ListAllOptions, ListAllRequest, ListedObject, ObjectLister } from './transfer/list-all.js'
export type { CheckpointOptions, TransferOptions } from './transfer/options.js'
export { keyToPath, type NameRules, pathToKey, type SafePath } from './transfer/safe-path.js'
export type { SweepOptions, SweepRequest } from './transfer/sweep.js'
export type { SyncComparison } from './transfer/sync-compare.js'
export type { SyncOptions, SyncRequest } from './transfer/sync-options.js'
export { TransferControl } from './transfer/transfer-control.js'
export {
  Uploader,
  type UploaderOptions,
  type UploadRequest,
  type UploadResult,
  type UploadSource,
} from './transfer/uploader.js'
