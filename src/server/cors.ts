import type { CorsRule } from '../operations/index.js'
import { cors } from './settings/known.js'
import type { Bucket } from './storage/bucket.js'

/** A request from a page of another origin. */
export interface CrossOrigin {
  readonly origin: string
  readonly method: string
  /** Headers the page wants to send. */
  readonly headers: readonly string[]
}

/** A text that may have one `*`, which stands for anything. */
function fits(pattern: string, value: string): boolean {
  const star = pattern.indexOf('*')
  if (star < 0) return pattern === value
  const [start, end] = [pattern.slice(0, star), pattern.slice(star + 1)]
  return value.length >= pattern.length - 1 && value.startsWith(start) && value.endsWith(end)
}

/** The first rule that permits a request; `undefined` when none does. */
function findRule(bucket: Bucket, { origin, method, headers }: CrossOrigin): CorsRule | undefined {
  return cors.of(bucket)?.corsRules?.find(({ allowedOrigins = [], allowedMethods = [], allowedHeaders = [] }) => {
    const patterns = allowedHeaders.map(pattern => pattern.toLowerCase())
    return (
      allowedMethods.includes(method) &&
      allowedOrigins.some(pattern => fits(pattern, origin)) &&
      headers.every(name => patterns.some(pattern => fits(pattern, name.toLowerCase())))
    )
  })
}

/** The headers that permit a request to its page; `undefined` when no rule does. */
export function corsHeaders(bucket: Bucket, request: CrossOrigin): Record<string, string> | undefined {
  const rule = findRule(bucket, request)
  if (rule === undefined) return undefined
  const everyone = rule.allowedOrigins?.includes('*') === true
  const headers: Record<string, string> = {
    'access-control-allow-origin': everyone ? '*' : request.origin,
    'access-control-allow-methods': (rule.allowedMethods ?? []).join(', '),
  }
  if (request.headers.length > 0) headers['access-control-allow-headers'] = request.headers.join(', ')
  if (rule.exposeHeaders !== undefined) headers['access-control-expose-headers'] = rule.exposeHeaders.join(', ')
  if (rule.maxAgeSeconds !== undefined) headers['access-control-max-age'] = String(rule.maxAgeSeconds)
  // Caches must not hand the answer for one origin to another.
  if (!everyone || cors.of(bucket)?.responseVary === true) headers.vary = 'Origin'
  return headers
}
