import { closeSync, openSync, readSync } from 'node:fs'

/** Where the process runs, in the spellings of the addon's builds. */
export interface Platform {
  /** Name of the build, such as `linux-x64-gnu` or `darwin-arm64`. */
  readonly name: string
  /** Folder under `prebuilds/`, such as `linux-x64`. */
  readonly folder: string
  /** C library as prebuilds tag it; absent outside Linux. */
  readonly libc?: 'glibc' | 'musl'
}

/** Finds out where the process runs. */
export function currentPlatform(): Platform {
  const { platform, arch } = process
  const folder = `${platform}-${arch}`
  if (platform === 'win32') return { name: `${folder}-msvc`, folder }
  if (platform !== 'linux') return { name: folder, folder }
  const musl = isMusl()
  return { name: `${folder}-${musl ? 'musl' : 'gnu'}`, folder, libc: musl ? 'musl' : 'glibc' }
}

/** Looks which loader the running program asks for: its path stands in the first pages of the executable. */
function isMusl(): boolean {
  try {
    const file = openSync(process.execPath, 'r')
    try {
      const start = Buffer.alloc(8192)
      return start.subarray(0, readSync(file, start, 0, start.length, 0)).includes('/ld-musl-')
    } finally {
      closeSync(file)
    }
  } catch {
    return false
  }
}
