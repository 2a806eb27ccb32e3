export * from './bucket-acl.js'
export * from './bucket-basic.js'
export * from './bucket-listing.js'
export * from './bucket-versioning.js'
export * from './object-acl.js'
export * from './object-basic.js'
export * from './object-multipart.js'
export * from './object-process.js'
export * from './object-restore.js'
export * from './object-symlink.js'
export * from './object-tagging.js'
export * from './region.js'
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
