import { ParamInvalidError } from '../errors.js'

/** A prefix that stands for a folder: empty, or ending in `/`. */
export function folderPrefix(prefix: string | undefined): string {
  if (prefix !== undefined && typeof prefix !== 'string') throw new ParamInvalidError('prefix', 'expected a string')
  if (prefix === undefined || prefix === '' || prefix.endsWith('/')) return prefix ?? ''
  return `${prefix}/`
}
