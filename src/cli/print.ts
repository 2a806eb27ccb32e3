import { OssError, ServiceError } from '../errors.js'

/** Text on one line of a terminal: control characters are shown, not obeyed. */
export function oneLine(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f]/g,
    character => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}

/** Writes one line to the output. Waits when whoever reads it is slow. */
export async function printLine(text: string): Promise<void> {
  if (process.stdout.write(`${text}\n`)) return
  await new Promise<void>(resolve => process.stdout.once('drain', resolve))
}

/** Writes a value as JSON on one line. Numbers beyond JavaScript's become text, bodies are left out. */
export function printJson(value: unknown): Promise<void> {
  return printLine(JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? each.toString() : each)))
}

/** An error in one line: code, message, and what support asks for. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return oneLine(String(error))
  if (!(error instanceof OssError)) return oneLine(error.message || error.name)
  const about = [
    error.operation,
    error instanceof ServiceError && `status ${error.statusCode}`,
    error instanceof ServiceError && error.requestId && `request id ${error.requestId}`,
    error instanceof ServiceError && error.ec && `EC ${error.ec}`,
  ].filter(Boolean)
  return oneLine(`${error.code}: ${error.message}${about.length > 0 ? ` (${about.join(', ')})` : ''}`)
}

/** The same as data, for `--output-format json`. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof OssError)) return { message: error instanceof Error ? error.message : String(error) }
  const { code, message, operation } = error
  const service = error instanceof ServiceError && {
    statusCode: error.statusCode,
    requestId: error.requestId,
    ec: error.ec,
  }
  return { code, message, ...(operation && { operation }), ...service }
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** Bytes for people. */
export function formatSize(bytes: number): string {
  let value = bytes
  let unit = 0
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024
  return unit === 0 ? `${bytes} B` : `${value.toFixed(1)} ${units[unit]}`
}
