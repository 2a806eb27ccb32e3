import { OssError } from '../errors.js'
import { createAddonEngine } from './addon.js'
import type { NativeEngine } from './engine.js'
import { fallbackEngine } from './fallback.js'
import { loadAddon } from './load.js'

/** Whether the Rust addon is in use, and why not. */
export interface NativeStatus {
  /** Whether the addon is in use; otherwise the TypeScript fallback is. */
  readonly loaded: boolean
  /** File the addon was loaded from. */
  readonly path?: string
  /** Version of the addon. */
  readonly version?: string
  /** Why the addon is not in use. */
  readonly reason?: string
}

interface State {
  readonly status: NativeStatus
  readonly engine?: NativeEngine
}

let state: State | undefined

/**
 * The engine of this process, chosen at the first call. The environment variable `FERROSS_NATIVE` has a say: `off` takes the
 * fallback, `require` accepts nothing but the addon, a path names the addon's file and accepts nothing else.
 *
 * @throws OssError with the code `NativeUnavailable` when the variable asks for the addon and it cannot be loaded
 */
export function getEngine(): NativeEngine {
  state ??= choose(process.env.FERROSS_NATIVE)
  if (state.engine) return state.engine
  throw new OssError('NativeUnavailable', `FERROSS_NATIVE asks for the native addon, but ${state.status.reason}`)
}

/** Tells whether the Rust addon is in use, from where and in which version, or why not. Does not throw. */
export function nativeStatus(): NativeStatus {
  state ??= choose(process.env.FERROSS_NATIVE)
  return state.status
}

function choose(setting = ''): State {
  if (setting === 'off') {
    return { status: { loaded: false, reason: 'FERROSS_NATIVE is off' }, engine: fallbackEngine }
  }
  const required = setting !== ''
  const result = loadAddon(required && setting !== 'require' ? setting : undefined)
  if ('addon' in result) {
    const { addon, path } = result
    return { status: { loaded: true, path, version: addon.version() }, engine: createAddonEngine(addon) }
  }
  const status = { loaded: false, reason: result.reason }
  return required ? { status } : { status, engine: fallbackEngine }
}
