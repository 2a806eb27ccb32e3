import { FileError, OssError } from '../errors.js'

/** An error of the file system becomes a {@link FileError}; others pass. */
export function asFileError(action: 'read' | 'write', path: string, error: unknown): unknown {
  if (error instanceof OssError || !(error instanceof Error)) return error
  return typeof (error as NodeJS.ErrnoException).code === 'string' && error.name !== 'AbortError'
    ? new FileError(action, path, error)
    : error
}
