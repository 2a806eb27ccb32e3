import { createRequire } from 'node:module'
import { OssError } from '../errors.js'

/** Loads a package that the application may have. @throws OssError `MissingPeer`, which says what to install */
export function optionalPeer<T>(name: string, wantedBy: string): T {
  try {
    // Not an import: that could only be awaited, and a module that awaits cannot be loaded with require().
    return createRequire(import.meta.url)(name) as T
  } catch (cause) {
    throw new OssError('MissingPeer', `${wantedBy} needs the package ${name}: npm install ${name}`, { cause })
  }
}
