/** Whose rules a file name must keep: those of POSIX systems, of Windows, or of both. */
export type NameRules = 'posix' | 'windows' | 'portable'

/** Where a key lies below a folder, or why it cannot lie there. */
export type SafePath =
  | {
      /** Names of the folders on the way and, at the end, of the file or folder. Empty for the folder itself. */
      readonly segments: readonly string[]
      /** Whether the key stands for a folder: it ends in `/`. */
      readonly directory: boolean
    }
  | {
      /** Why the key is refused, in words that complete "the key …". */
      readonly refused: string
    }

/** The rules of the system this runs on. */
export const nativeRules: NameRules = process.platform === 'win32' ? 'windows' : 'posix'

/**
 * Finds the place of a key below a folder. Keys are data from elsewhere: whatever is not plainly a name below the folder is
 * refused rather than repaired, because two repaired keys could become one file. {@link pathToKey} is the inverse.
 *
 * Refused everywhere: the empty key, a leading `/`, `//`, `.` and `..`, NUL, unpaired surrogates, names over 255 bytes. On
 * Windows also backslashes, `:` (drives, streams) and the other reserved characters, control characters, device names such
 * as `NUL.txt`, and dots or spaces at the end of a name.
 */
export function keyToPath(key: string, rules: NameRules = nativeRules): SafePath {
  if (key === '') return { refused: 'is empty' }
  if (/\p{Surrogate}/u.test(key)) return { refused: 'is not well-formed text' }
  const directory = key.endsWith('/')
  const segments = (directory ? key.slice(0, -1) : key).split('/')
  for (const [index, name] of segments.entries()) {
    const refused =
      name === '' ? (index === 0 ? 'begins with /' : 'has an empty name between two /') : flaw(name, rules)
    if (refused !== undefined) return { refused }
  }
  return { segments, directory }
}

/** The key of a path below a folder: its names joined by `/`. Names never contain the separator of their system. */
export function pathToKey(segments: readonly string[], directory = false): string {
  return segments.join('/') + (directory ? '/' : '')
}

/** What is wrong with one name of a path. */
function flaw(name: string, rules: NameRules): string | undefined {
  if (name === '.' || name === '..') return `has the name ${name}, which points elsewhere`
  if (name.includes('\0')) return 'has a NUL character'
  if (rules !== 'windows' && Buffer.byteLength(name) > 255) return 'has a name of more than 255 bytes'
  return rules === 'posix' ? undefined : windowsFlaw(name)
}

// With or without an extension these are devices; the digits may be superscript.
const device = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|$)/i

function windowsFlaw(name: string): string | undefined {
  if (name.length > 255) return 'has a name of more than 255 characters'
  if (name.includes('\\')) return 'has a backslash, which separates names on Windows'
  const control = /[\u0000-\u001f]/.test(name)
  if (control) return 'has a control character, which Windows does not take'
  const reserved = /[<>:"|?*]/.exec(name)
  if (reserved) return `has the character ${reserved[0]}, which Windows does not take`
  if (/[. ]$/.test(name)) return 'has a name that ends in a dot or a space, which Windows drops'
  if (device.test(name)) return 'has the name of a device on Windows'
  return undefined
}

/** What names have in common that a system without regard to case, or to the composition of accents, takes for the same. */
export function foldedName(name: string): string {
  // Most names are plain, and normalizing costs more than all the rest.
  if (/^[\x20-\x7e]*$/.test(name)) return name.toLowerCase()
  return name.normalize('NFC').toLowerCase().normalize('NFC')
}
