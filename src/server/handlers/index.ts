import type { AnyHandler, Handlers } from '../handler.js'
import { postObjectHandler } from '../post/handler.js'
import { settingHandlers } from '../settings/table.js'
import { accessPointHandlers } from './access-point.js'
import { bucketHandlers } from './bucket.js'
import { bucketCnameHandlers } from './bucket-cname.js'
import { bucketListHandlers } from './bucket-list.js'
import { bucketMetaQueryHandlers } from './bucket-meta-query.js'
import { bucketMetadataHandlers } from './bucket-metadata.js'
import { bucketMiscHandlers } from './bucket-misc.js'
import { bucketNamedHandlers } from './bucket-named.js'
import { bucketPolicyHandlers } from './bucket-policy.js'
import { bucketRedundancyHandlers } from './bucket-redundancy.js'
import { bucketReplicationHandlers } from './bucket-replication.js'
import { bucketWormHandlers } from './bucket-worm.js'
import { multipartHandlers } from './multipart.js'
import { multipartCompleteHandlers } from './multipart-complete.js'
import { multipartListHandlers } from './multipart-list.js'
import { objectAppendHandlers } from './object-append.js'
import { objectCopyHandlers } from './object-copy.js'
import { objectDeleteHandlers } from './object-delete.js'
import { objectGetHandlers } from './object-get.js'
import { objectPutHandlers } from './object-put.js'
import { objectSettingsHandlers } from './object-settings.js'
import { objectWormHandlers } from './object-worm.js'
import { optionObjectHandlers } from './option-object.js'
import { publicAccessBlockHandlers } from './public-access-block.js'
import { restoreHandlers } from './restore.js'
import { selectHandlers } from './select.js'
import { serviceHandlers } from './service.js'
import { symlinkHandlers } from './symlink.js'

const typed: Handlers = {
  ...accessPointHandlers,
  ...bucketCnameHandlers,
  ...bucketMetaQueryHandlers,
  ...bucketMetadataHandlers,
  ...bucketMiscHandlers,
  ...bucketNamedHandlers,
  ...bucketPolicyHandlers,
  ...bucketRedundancyHandlers,
  ...bucketReplicationHandlers,
  ...bucketWormHandlers,
  ...objectWormHandlers,
  ...optionObjectHandlers,
  ...publicAccessBlockHandlers,
  ...serviceHandlers,
  ...bucketHandlers,
  ...bucketListHandlers,
  ...objectPutHandlers,
  ...objectGetHandlers,
  ...objectCopyHandlers,
  ...objectAppendHandlers,
  ...objectDeleteHandlers,
  ...objectSettingsHandlers,
  ...selectHandlers,
  ...symlinkHandlers,
  ...restoreHandlers,
  ...multipartHandlers,
  ...multipartCompleteHandlers,
  ...multipartListHandlers,
}

/** Everything the server can do, by operation. What is particular comes before what the table of settings gives. */
export const handlers: Readonly<Record<string, AnyHandler | undefined>> = {
  ...settingHandlers,
  postObject: postObjectHandler,
  optionBucket: optionObjectHandlers.optionObject as unknown as AnyHandler,
  ...(typed as unknown as Readonly<Record<string, AnyHandler>>),
}
