import * as operations from '../../operations/index.js'
import { setting } from './setting.js'

// The settings whose value is the document that an operation reads. Their handlers are made from `table.ts`; other parts
// of the server ask them what holds for a bucket.

/** Whether the last access to objects is recorded. */
export const accessMonitor = setting('accessmonitor', operations.getBucketAccessMonitor)
/** Whether archived objects are readable without restoration. */
export const archiveDirectRead = setting('bucketArchiveDirectRead', operations.getBucketArchiveDirectRead)
/** Rules for requests from pages of other origins. */
export const cors = setting('cors', operations.getBucketCors)
/** How new objects are encrypted. */
export const encryption = setting('encryption', operations.getBucketEncryption)
/** Versions and ciphers of TLS. */
export const httpsConfig = setting('httpsConfig', operations.getBucketHttpsConfig)
/** Rules by which objects age. */
export const lifecycle = setting('lifecycle', operations.getBucketLifecycle)
/** Where access is logged. */
export const logging = setting('logging', operations.getBucketLogging)
/** What else is logged. */
export const logFields = setting('userDefinedLogFieldsConfig', operations.getUserDefinedLogFieldsConfig)
/** Retention of single objects. */
export const objectWorm = setting('objectWorm', operations.getBucketObjectWormConfiguration)
/** Rules against overwriting. */
export const overwriteConfig = setting('overwriteConfig', operations.getBucketOverwriteConfig)
/** Whether the bucket refuses public access. */
export const publicAccessBlock = setting('publicAccessBlock', operations.getBucketPublicAccessBlock)
/** Pages that may link to objects. */
export const referer = setting('referer', operations.getBucketReferer)
/** Who pays. */
export const requestPayment = setting('requestPayment', operations.getBucketRequestPayment)
/** How much the bucket may hold. */
export const storageQuota = setting('quota', operations.getBucketStorageQuota)
/** Tags of the bucket. */
export const bucketTags = setting('tagging', operations.getBucketTags)
/** Whether the acceleration endpoint may be used. */
export const transferAcceleration = setting('transferAcceleration', operations.getBucketTransferAcceleration)
/** Pages and routing rules of a website. */
export const website = setting('website', operations.getBucketWebsite)
