import { getSystemErrorMap } from 'node:util'

/**
 * An error as Node's own file functions raise it: `code`, `errno`, `syscall`, `path`, and their usual message.
 *
 * @param code POSIX name, such as `ENOENT`
 * @param syscall what the system was asked to do, such as `open`
 * @param path the file, if there is one
 * @param detail message to use for a code Node has no text for
 */
export function systemError(
  code: string,
  syscall: string,
  path?: string,
  detail = 'unknown error',
): NodeJS.ErrnoException {
  const [errno, text] = byName().get(code) ?? [undefined, detail]
  const error: NodeJS.ErrnoException = new Error(
    `${code}: ${text}, ${syscall}${path === undefined ? '' : ` '${path}'`}`,
  )
  if (errno !== undefined) error.errno = errno
  error.code = code
  error.syscall = syscall
  if (path !== undefined) error.path = path
  return error
}

let names: Map<string, [errno: number, text: string]> | undefined

function byName(): Map<string, [errno: number, text: string]> {
  names ??= new Map([...getSystemErrorMap()].map(([errno, [name, text]]) => [name, [errno, text]]))
  return names
}

/** Name of a POSIX error number, where the platform has those. */
export function nameOfErrno(errno: number): string | undefined {
  return process.platform === 'win32' ? undefined : getSystemErrorMap().get(-errno)?.[0]
}

/** Adds the path to an error of a call on an open file, which does not know it. */
export function withPath(error: unknown, path: string): unknown {
  if (error instanceof Error && 'syscall' in error && !('path' in error)) Object.assign(error, { path })
  return error
}
