import { FileError, OssError } from '../errors.js'
import { WireError } from '../native/wire.js'

/** An error of the file system becomes a {@link FileError}; others pass, those of connections too. */
export function asFileError(action: 'read' | 'write', path: string, error: unknown): unknown {
  if (error instanceof OssError || error instanceof WireError || !(error instanceof Error)) return error
  return typeof (error as NodeJS.ErrnoException).code === 'string' && error.name !== 'AbortError'
    ? new FileError(action, path, error)
    : error
}
