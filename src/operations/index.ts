export * from './access-point.js'
export * from './access-point-public-access-block.js'
export * from './bucket-access-monitor.js'
export * from './bucket-acl.js'
export * from './bucket-archive-direct-read.js'
export * from './bucket-basic.js'
export * from './bucket-cname.js'
export * from './bucket-cors.js'
export * from './bucket-data-redundancy-transition.js'
export * from './bucket-encryption.js'
export * from './bucket-https-config.js'
export * from './bucket-inventory.js'
export * from './bucket-lifecycle.js'
export * from './bucket-listing.js'
export * from './bucket-logging.js'
export * from './bucket-meta-query.js'
export type * from './bucket-meta-query-file.js'
export * from './bucket-metadata-configuration.js'
export * from './bucket-object-worm-configuration.js'
export * from './bucket-overwrite-config.js'
export * from './bucket-policy.js'
export * from './bucket-public-access-block.js'
export * from './bucket-referer.js'
export * from './bucket-replication.js'
export * from './bucket-request-payment.js'
export * from './bucket-resource-group.js'
export * from './bucket-storage-quota.js'
export * from './bucket-style.js'
export * from './bucket-tags.js'
export * from './bucket-transfer-acceleration.js'
export * from './bucket-versioning.js'
export * from './bucket-website.js'
export * from './bucket-worm.js'
export * from './cloud-box.js'
export * from './data-process.js'
export * from './object-acl.js'
export * from './object-basic.js'
export * from './object-multipart.js'
export * from './object-process.js'
export * from './object-restore.js'
export * from './object-symlink.js'
export * from './object-tagging.js'
export * from './object-worm.js'
export * from './public-access-block.js'
export * from './region.js'
export * from './select-object.js'
export * from './service.js'
export type {
  BucketAcl,
  BucketRequest,
  CallbackRequest,
  ContentHeaders,
  CopySourceRequest,
  DataRedundancyType,
  EncodingType,
  KmsDataEncryption,
  ObjectAcl,
  ObjectHeadersResult,
  ObjectRequest,
  ObjectType,
  ObjectVersion,
  ObjectWorm,
  ObjectWormLegalHold,
  ObjectWormMode,
  Owner,
  PublicAccessBlockConfiguration,
  ReadConditions,
  RequesterPays,
  RequestPayer,
  ServerSideEncryption,
  SseAlgorithm,
  StorageClass,
  Tag,
  Tagging,
  TagSet,
  Toggle,
  VersionedResult,
  VersioningStatus,
  WriteObjectRequest,
} from './shared.js'
