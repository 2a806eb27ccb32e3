import { OssError, type OssErrorOptions } from '../errors.js'

/** The file was closed before, or while, it was used. */
export class FileClosedError extends OssError {
  constructor(options?: OssErrorOptions) {
    super('FileClosed', 'the file is closed', options)
  }
}

/** The object was not made by appending, or was sealed, so nothing can be appended to it. */
export class NotAppendableError extends OssError {
  constructor(message: string, options?: OssErrorOptions) {
    super('NotAppendable', message, options)
  }
}

/**
 * The object is not what the file made of it: somebody else appended to it, or removed or replaced it, or the bytes of an
 * earlier, failed write arrived after all and other ones followed. Nothing more is appended; open the file anew to go on
 * from the object as it is.
 */
export class AppendConflictError extends OssError {
  /** Length the object should have, in bytes. */
  readonly expectedLength: number
  /** Length it has; absent when it does not exist. */
  readonly actualLength?: number
  constructor(expectedLength: number, actualLength: number | undefined, options?: OssErrorOptions) {
    const found = actualLength === undefined ? 'it does not exist' : `it has ${actualLength}, or other ones`
    super('AppendConflict', `the object should have ${expectedLength} bytes of this file, but ${found}`, options)
    this.expectedLength = expectedLength
    if (actualLength !== undefined) this.actualLength = actualLength
  }
}
