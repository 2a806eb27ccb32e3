import { mimeTypes } from './mime-types.js'

/** Content-Type of an object whose key says nothing about it. */
export const defaultContentType = 'application/octet-stream'

const byExtension = new Map<string, string>()
for (const [type, extensions] of Object.entries(mimeTypes)) {
  for (const extension of extensions.split(' ')) byExtension.set(extension, type)
}

/**
 * Content-Type by the extension of a key or file name, in any case. Dots at the beginning of a name begin no extension:
 * `.txt` and `dir.txt/a` have none and give {@link defaultContentType}, as unknown extensions do.
 */
export function contentTypeOf(key: string): string {
  const name = key.slice(key.lastIndexOf('/') + 1).replace(/^\.+/, '')
  const dot = name.lastIndexOf('.')
  return (dot < 0 ? undefined : byExtension.get(name.slice(dot + 1).toLowerCase())) ?? defaultContentType
}
