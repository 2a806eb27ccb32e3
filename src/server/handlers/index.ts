import type { Handlers } from '../handler.js'
import { bucketHandlers } from './bucket.js'
import { bucketListHandlers } from './bucket-list.js'
import { multipartHandlers } from './multipart.js'
import { multipartCompleteHandlers } from './multipart-complete.js'
import { multipartListHandlers } from './multipart-list.js'
import { objectAppendHandlers } from './object-append.js'
import { objectCopyHandlers } from './object-copy.js'
import { objectDeleteHandlers } from './object-delete.js'
import { objectGetHandlers } from './object-get.js'
import { objectPutHandlers } from './object-put.js'
import { objectSettingsHandlers } from './object-settings.js'
import { restoreHandlers } from './restore.js'
import { serviceHandlers } from './service.js'
import { symlinkHandlers } from './symlink.js'

/** Everything the server can do, by operation. */
export const handlers: Handlers = {
  ...serviceHandlers,
  ...bucketHandlers,
  ...bucketListHandlers,
  ...objectPutHandlers,
  ...objectGetHandlers,
  ...objectCopyHandlers,
  ...objectAppendHandlers,
  ...objectDeleteHandlers,
  ...objectSettingsHandlers,
  ...symlinkHandlers,
  ...restoreHandlers,
  ...multipartHandlers,
  ...multipartCompleteHandlers,
  ...multipartListHandlers,
}
