import type { ClientCore } from '../client/core.js'
import { ParamInvalidError } from '../errors.js'
import type { DirectorySummary } from './directory-options.js'
import { SyncAcross } from './sync-across.js'
import { SyncDown } from './sync-down.js'
import { checkSyncOptions, directionOf, type SyncOptions, type SyncRequest } from './sync-options.js'
import { SyncUp } from './sync-up.js'

/** Makes a target like a source. @internal Use {@link Client.sync}. */
export async function sync(
  core: ClientCore,
  request: SyncRequest,
  options: SyncOptions = {},
): Promise<DirectorySummary> {
  if (typeof request !== 'object' || request === null) throw new ParamInvalidError('request', 'expected an object')
  checkSyncOptions(options)
  const direction = directionOf(request)
  if (direction.way === 'up') return new SyncUp(core, options, direction).complete()
  if (direction.way === 'down') return new SyncDown(core, options, direction).complete()
  return new SyncAcross(core, options, direction).complete()
}
