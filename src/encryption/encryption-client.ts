import { inspect } from 'node:util'
import type { Client } from '../client/client.js'
import { coreOf } from '../client/core.js'
import { ParamInvalidError } from '../errors.js'
import type { OpenFileOptions } from '../files/open-options.js'
import type { ReadOnlyFile } from '../files/read-only-file.js'
import type {
  AbortMultipartUploadRequest,
  AbortMultipartUploadResult,
  CompleteMultipartUploadRequest,
  CompleteMultipartUploadResult,
  GetObjectMetaRequest,
  GetObjectMetaResult,
  GetObjectRequest,
  GetObjectResult,
  HeadObjectRequest,
  HeadObjectResult,
  InitiateMultipartUploadRequest,
  InitiateMultipartUploadResult,
  ListPartsRequest,
  ListPartsResult,
  PutObjectRequest,
  PutObjectResult,
  UploadPartRequest,
  UploadPartResult,
} from '../operations/index.js'
import type { OperationOptions } from '../pipeline/context.js'
import { Downloader, type DownloaderOptions } from '../transfer/downloader.js'
import type { UploaderOptions } from '../transfer/uploader.js'
import { ContentKeys } from './content-keys.js'
import type { EncryptionContext } from './context.js'
import { findDownloadable } from './downloadable.js'
import { EncryptedUploader } from './encrypted-uploader.js'
import { getEncrypted } from './get-object.js'
import { withPlainLength } from './head-object.js'
import { checkMasterCipher, type MasterCipher } from './master-cipher.js'
import { initiateEncrypted, uploadEncryptedPart } from './multipart.js'
import { openEncryptedFile } from './open-file.js'
import { type EncryptionClientOptions, resolveEncryptionOptions } from './options.js'
import { putEncrypted } from './put-object.js'

/**
 * Encrypts objects before they leave the machine and decrypts them after they arrive. Each object has a content key of its
 * own, which travels with it, wrapped by the master key. What this client does not offer does not touch content: use
 * {@link EncryptionClient.unwrap}. Checksums and entity tags in results are those of the stored ciphertext.
 *
 * @example
 * const client = new EncryptionClient(new Client(options), new MasterRsaCipher({ key: '2026' }, publicPem, privatePem))
 * await client.putObject({ bucket, key, body: 'secret' })
 */
export class EncryptionClient {
  readonly #client: Client
  readonly #context: EncryptionContext

  /**
   * @param client carries the requests; closing it is up to its owner
   * @param masterCipher wraps the keys of new objects, and unwraps where no other cipher's `matDesc` fits
   * @throws ParamInvalidError naming a wrong option
   */
  constructor(client: Client, masterCipher: MasterCipher, options: EncryptionClientOptions = {}) {
    const core = coreOf(client)
    if (core === undefined) throw new ParamInvalidError('client', 'expected a Client')
    checkMasterCipher('masterCipher', masterCipher)
    const settings = resolveEncryptionOptions(options)
    this.#client = client
    this.#context = {
      client,
      core,
      settings,
      keys: new ContentKeys(masterCipher, settings.decryptMasterCiphers, settings),
    }
  }

  /** The client beneath, which does not encrypt. */
  unwrap(): Client {
    return this.#client
  }

  /**
   * Encrypts and stores an object in one request. `contentLength` and `contentMd5` are those of the plaintext: they are
   * checked here and stored with the object. Every attempt uses a key of its own, so a file that changes between two attempts
   * does no harm.
   *
   * @throws as `Client.putObject` does
   */
  putObject(request: PutObjectRequest, options?: OperationOptions): Promise<PutObjectResult> {
    return putEncrypted(this.#context, request, options)
  }

  /**
   * Reads an object, whole or a range of its plaintext, and decrypts it as it arrives. `contentLength` and `contentRange` are
   * those of the plaintext, `headers` are the answer's own. Objects that are not encrypted come as they are, unless `accept`
   * forbids it. A sealed object gives nothing that is not verified, and fails at its end if it was cut short.
   *
   * @throws DecryptionError when the object cannot be decrypted, and as `Client.getObject` does
   */
  getObject(request: GetObjectRequest, options?: OperationOptions): Promise<GetObjectResult> {
    return getEncrypted(this.#context, request, options)
  }

  /** Properties of an object. `contentLength` is that of the plaintext, for sealed objects as their length suggests. */
  async headObject(request: HeadObjectRequest, options?: OperationOptions): Promise<HeadObjectResult> {
    return withPlainLength(await this.#client.headObject(request, options))
  }

  /** Some properties of an object, as stored: `contentLength` is that of the ciphertext. */
  getObjectMeta(request: GetObjectMetaRequest, options?: OperationOptions): Promise<GetObjectMetaResult> {
    return this.#client.getObjectMeta(request, options)
  }

  /**
   * Begins an encrypted upload in parts. `csePartSize` is the length of every part but the last: a multiple of 16, for sealed
   * objects of the segment size, which need `cseDataSize` too. Hand the result's `cseMultipartContext` to
   * {@link EncryptionClient.uploadPart}.
   *
   * @throws ParamRequiredError or ParamInvalidError for the sizes
   */
  initiateMultipartUpload(
    request: InitiateMultipartUploadRequest,
    options?: OperationOptions,
  ): Promise<InitiateMultipartUploadResult> {
    return initiateEncrypted(this.#context, request, options)
  }

  /**
   * Encrypts and sends one part, of which a copy is held in memory. A part may be sent again with the same bytes only.
   *
   * @throws ParamRequiredError without `cseMultipartContext`, ParamInvalidError for a part of a wrong length
   */
  uploadPart(request: UploadPartRequest, options?: OperationOptions): Promise<UploadPartResult> {
    return uploadEncryptedPart(this.#context, request, options)
  }

  /** Joins the parts. Dispose of the context afterwards. */
  completeMultipartUpload(
    request: CompleteMultipartUploadRequest,
    options?: OperationOptions,
  ): Promise<CompleteMultipartUploadResult> {
    return this.#client.completeMultipartUpload(request, options)
  }

  /** Cancels an upload and removes its parts. Dispose of the context afterwards. */
  abortMultipartUpload(
    request: AbortMultipartUploadRequest,
    options?: OperationOptions,
  ): Promise<AbortMultipartUploadResult> {
    return this.#client.abortMultipartUpload(request, options)
  }

  /** Lists the parts that have arrived, with the envelope. Sizes are those of the ciphertext. */
  listParts(request: ListPartsRequest, options?: OperationOptions): Promise<ListPartsResult> {
    return this.#client.listParts(request, options)
  }

  /**
   * Opens an object to read its plaintext like a file, from any position. Closing the file wipes its key.
   *
   * @throws DecryptionError when the object cannot be decrypted, and as `Client.openFile` does
   */
  openFile(bucket: string, key: string, options?: OpenFileOptions): Promise<ReadOnlyFile> {
    return openEncryptedFile(this.#context, bucket, key, options)
  }

  /** Encrypts and uploads files and streams in parallel parts. @throws ParamInvalidError naming a wrong option */
  uploader(options?: UploaderOptions): EncryptedUploader {
    return new EncryptedUploader(this.#context, options)
  }

  /**
   * Downloads objects in parallel parts and decrypts them on the way. For the compatible format the result's `hashCrc64` is
   * that of the ciphertext, as it was compared with the service's; for sealed objects that of the plaintext.
   *
   * @throws ParamInvalidError naming a wrong option
   */
  downloader(options?: DownloaderOptions): Downloader {
    const context = this.#context
    return new Downloader(context.core, options, (core, request, signal) =>
      findDownloadable(context, core, request, signal),
    )
  }

  /** @internal Neither keys nor what the ciphers hold. */
  [inspect.custom](): string {
    return `EncryptionClient { client: ${inspect(this.#client)} }`
  }
}
