import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Addon, CONTRACT } from './addon-types.js'
import { currentPlatform, type Platform } from './platform.js'

/** What came of looking for the addon. */
export type LoadResult = { readonly addon: Addon; readonly path: string } | { readonly reason: string }

const require = createRequire(import.meta.url)
const packageRoot = fileURLToPath(new URL('../../', import.meta.url))

/**
 * Looks for the addon and loads it: a build in the package's folder, then the platform's package, then `prebuilds/`. Does not
 * throw. The first that exists decides only if it can be used; the reason names every one that could not.
 *
 * @param path file to load instead of looking
 */
export function loadAddon(path?: string): LoadResult {
  const platform = currentPlatform()
  const reasons: string[] = []
  for (const candidate of path === undefined ? candidates(platform) : [resolve(path)]) {
    try {
      const addon: Addon = require(candidate)
      if (addon.CONTRACT === CONTRACT) return { addon, path: candidate }
      reasons.push(`${candidate} belongs to another version of the package`)
    } catch (error) {
      reasons.push(`${candidate} cannot be loaded: ${error instanceof Error ? error.message : error}`)
    }
  }
  return { reason: reasons.join('; ') || `there is no addon for ${platform.name}` }
}

function candidates(platform: Platform): string[] {
  const local = join(packageRoot, `ferross.${platform.name}.node`)
  const candidates = existsSync(local) ? [local] : []
  try {
    candidates.push(require.resolve(`@ferross/native-${platform.name}`))
  } catch {
    // Not installed.
  }
  return [...candidates, ...prebuilds(platform)]
}

/** Files of the platform's prebuilds folder that suit the C library, those that name it first. */
function prebuilds({ folder, libc }: Platform): string[] {
  const path = join(packageRoot, 'prebuilds', folder)
  let names: string[]
  try {
    names = readdirSync(path).filter(name => name.endsWith('.node'))
  } catch {
    return []
  }
  const rank = (name: string) => {
    const tags = name.split('.')
    if (libc !== undefined && tags.includes(libc)) return 0
    return tags.includes('glibc') || tags.includes('musl') ? -1 : 1
  }
  return names
    .filter(name => rank(name) >= 0)
    .sort((a, b) => rank(a) - rank(b))
    .map(name => join(path, name))
}
