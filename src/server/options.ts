import type { Credentials } from '../credentials/credentials.js'
import { ParamInvalidError } from '../errors.js'
import type { AnonymousAccess } from './auth/anonymous.js'
import type { FaultRule } from './faults.js'
import type { LoggedRequest } from './request-log.js'

/** The access key that works when no other was given. */
export const defaultCredentials: Credentials = Object.freeze({
  accessKeyId: 'test-access-key-id',
  accessKeySecret: 'test-access-key-secret',
})

/** Options of {@link startLocalServer}. */
export interface LocalServerOptions {
  /** TCP port; 0 picks a free one. @default 0 */
  readonly port?: number
  /** Address to listen on. Anything but a loopback address makes the server reachable for others. @default '127.0.0.1' */
  readonly host?: string
  /** Folder that keeps the data; a later server on it goes on where this one ended. Absent: a temporary one, removed on close. */
  readonly directory?: string
  /** Region the server says it is, and that V4 signatures must name. @default 'cn-hangzhou' */
  readonly region?: string
  /** Access keys that are accepted. @default {@link defaultCredentials} */
  readonly credentials?: Credentials | readonly Credentials[]
  /** What unsigned requests may do: what ACLs permit, everything, or nothing. @default 'acl' */
  readonly anonymous?: AnonymousAccess
  /** The server's clock, in milliseconds since 1970. @default Date.now */
  readonly clock?: () => number
  /** Faults to begin with; see {@link FaultScript}. */
  readonly faults?: readonly FaultRule[]
  /** Least size of every part but the last, in bytes; lower it to test multipart uploads with little data. @default 102400 */
  readonly minimumPartSize?: number
  /** How long the restoration of an archived object takes, in milliseconds of the server's clock. @default 60000 */
  readonly restoreDuration?: number
  /** Host names that callbacks may go to besides this machine's own. Anything else would let requests reach other networks. @default none */
  readonly callbackHosts?: readonly string[]
  /** How long the answer to a callback may take, in milliseconds. @default 5000 */
  readonly callbackTimeout?: number
  /** Called with every request once it has ended. */
  readonly onRequest?: (request: LoggedRequest) => void
}

/** Options with every default filled in. */
export interface ServerSettings {
  readonly port: number
  readonly host: string
  readonly directory: string | undefined
  readonly region: string
  readonly credentials: readonly Credentials[]
  readonly anonymous: AnonymousAccess
  readonly clock: () => number
  readonly faults: readonly FaultRule[]
  readonly minimumPartSize: number
  readonly restoreDuration: number
  readonly callbackHosts: readonly string[]
  readonly callbackTimeout: number
  readonly onRequest: ((request: LoggedRequest) => void) | undefined
}

/** Checks options and fills in defaults. @throws ParamInvalidError with the option's name */
export function resolveSettings(options: LocalServerOptions = {}): ServerSettings {
  const port = options.port ?? 0
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new ParamInvalidError('port', 'expected 0 to 65535')
  const region = options.region ?? 'cn-hangzhou'
  if (!/^[a-z0-9-]+$/.test(region)) throw new ParamInvalidError('region', 'expected a region such as cn-hangzhou')
  const credentials = [options.credentials ?? defaultCredentials].flat() as Credentials[]
  if (credentials.length === 0 || credentials.some(each => !each.accessKeyId || !each.accessKeySecret)) {
    throw new ParamInvalidError('credentials', 'expected an access key id and secret')
  }
  const minimumPartSize = options.minimumPartSize ?? 102_400
  if (!Number.isSafeInteger(minimumPartSize) || minimumPartSize < 1) {
    throw new ParamInvalidError('minimumPartSize', 'expected an integer of at least 1')
  }
  const restoreDuration = options.restoreDuration ?? 60_000
  if (!(restoreDuration >= 0)) throw new ParamInvalidError('restoreDuration', 'expected a number of at least 0')
  const callbackTimeout = options.callbackTimeout ?? 5_000
  if (!Number.isSafeInteger(callbackTimeout) || callbackTimeout < 1) {
    throw new ParamInvalidError('callbackTimeout', 'expected an integer of at least 1')
  }
  return Object.freeze({
    port,
    host: options.host ?? '127.0.0.1',
    directory: options.directory,
    region,
    credentials: Object.freeze(credentials),
    anonymous: options.anonymous ?? 'acl',
    clock: options.clock ?? Date.now,
    faults: options.faults ?? [],
    minimumPartSize,
    restoreDuration,
    callbackHosts: Object.freeze((options.callbackHosts ?? []).map(name => name.toLowerCase())),
    callbackTimeout,
    onRequest: options.onRequest,
  })
}
