import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import type { ExecutionContext } from 'ava'
import type { Credentials } from 'ferross'

/** What is nowhere to be seen: every secret of these tests matches it. */
export const secretPattern = /s3cret|t0ken/i

/** Fails when a value shows a secret in any of the usual ways of printing it, its causes included. */
export function showsNothing(t: ExecutionContext, ...values: unknown[]): void {
  const options = [{ depth: 9 }, { depth: 9, showHidden: true }, { depth: 9, showHidden: true, customInspect: false }]
  for (const value of values) {
    const texts = [JSON.stringify(value) ?? '', String(value), ...options.map(option => inspect(value, option))]
    for (const text of texts) t.notRegex(text, secretPattern)
    if (value instanceof Error && value.cause !== undefined) showsNothing(t, value.cause)
  }
}

/** A clock that only moves when told. */
export function virtualClock(start = Date.UTC(2030, 0, 1)) {
  let now = start
  return {
    clock: () => now,
    advance: (milliseconds: number) => {
      now += milliseconds
    },
    at: (milliseconds: number) => new Date(now + milliseconds),
  }
}

/** The plain values of credentials. */
export function plain({ accessKeyId, accessKeySecret, securityToken, expiration }: Credentials) {
  return {
    accessKeyId,
    accessKeySecret,
    ...(securityToken && { securityToken }),
    ...(expiration && { expiration: expiration.toISOString() }),
  }
}

/** A request as it arrived. */
export interface Arrived {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: string
}

/** What is answered; `undefined` breaks the connection. */
export type Answer = { status?: number; headers?: Record<string, string>; body?: string | object } | undefined

/** An HTTP server that notes what it is asked; closed with the test. */
export async function listen(t: ExecutionContext, answer: (request: Arrived) => Answer | Promise<Answer>) {
  const requests: Arrived[] = []
  const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString('utf8')
    const request = { method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers, body }
    requests.push(request)
    const given = await answer(request)
    if (given === undefined) {
      incoming.socket.destroy()
      return
    }
    response.writeHead(given.status ?? 200, given.headers)
    response.end(typeof given.body === 'object' ? JSON.stringify(given.body) : given.body)
  }
  const server = createServer((incoming, response) => void handle(incoming, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

/** An ECS metadata service. */
export async function metadataService(
  t: ExecutionContext,
  options: { role?: string; tokens?: boolean; v1?: boolean; expiration: () => Date; lostToken?: boolean },
) {
  const { role, tokens = true, v1 = true, expiration, lostToken = false } = options
  let count = 0
  return listen(t, ({ method, url, headers }) => {
    if (url === '/latest/api/token') {
      if (lostToken) return undefined
      const seconds = Number(headers['x-aliyun-ecs-metadata-token-ttl-seconds'])
      if (!tokens || method !== 'PUT' || !(seconds >= 1 && seconds <= 21_600)) return { status: 404, body: 'Not Found' }
      return { body: 'session-t0ken' }
    }
    const token = headers['x-aliyun-ecs-metadata-token']
    if (token !== 'session-t0ken' && (token !== undefined || !v1)) return { status: 403, body: 'Forbidden' }
    const base = '/latest/meta-data/ram/security-credentials/'
    if (method !== 'GET' || !url.startsWith(base) || role === undefined) return { status: 404, body: '<html/>' }
    if (url === base) return { body: `${role}\n` }
    if (url !== base + encodeURIComponent(role)) return { status: 404, body: '<html/>' }
    count += 1
    return {
      body: {
        Code: 'Success',
        AccessKeyId: `STS.ecs${count}`,
        AccessKeySecret: `s3cret-ecs${count}`,
        SecurityToken: `t0ken-ecs${count}`,
        Expiration: expiration().toISOString(),
        LastUpdated: '2029-12-31T00:00:00Z',
      },
    }
  })
}

/** Escapes a text by its bytes: written anew, so that an error of the client's way does not repeat itself here. */
function escapeBytes(text: string): string {
  return [...Buffer.from(text, 'utf8')]
    .map(byte => {
      const character = String.fromCharCode(byte)
      return /[A-Za-z0-9_.~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')
}

/** Signature 1.0 of an RPC request with these parameters. */
export function rpcSignature(method: string, parameters: Map<string, string>, secret: string): string {
  const names = [...parameters.keys()].filter(name => name !== 'Signature').sort()
  const pairs = names.map(name => `${escapeBytes(name)}=${escapeBytes(parameters.get(name) as string)}`)
  const text = [method, escapeBytes('/'), escapeBytes(pairs.join('&'))].join('&')
  return createHmac('sha1', `${secret}&`).update(text).digest('base64')
}

/** An STS that knows some keys and one OIDC token, and checks signatures, time and nonces. */
export async function securityTokenService(
  t: ExecutionContext,
  options: {
    keys?: Credentials[]
    oidcToken?: string
    now: () => number
    lifetime?: number
    before?: (parameters: Map<string, string>) => Answer | undefined
  },
) {
  const { keys = [], now, lifetime = 3_600_000, before } = options
  const nonces = new Set<string>()
  const asked: Map<string, string>[] = []
  const fail = (status: number, Code: string, Message: string): Answer => ({
    status,
    headers: { 'content-type': 'application/json', date: new Date(now()).toUTCString() },
    body: { RequestId: 'REQUEST-1', HostId: 'sts.aliyuncs.com', Code, Message },
  })
  const server = await listen(t, ({ method, url, headers, body }) => {
    const { pathname, searchParams } = new URL(url, 'http://sts')
    if (method !== 'POST' || pathname !== '/') return fail(404, 'InvalidAction.NotFound', 'no such action')
    if (headers['content-type'] !== 'application/x-www-form-urlencoded') return fail(400, 'UnsupportedType', 'type')
    const parameters = new Map([...searchParams, ...new URLSearchParams(body)])
    asked.push(parameters)
    const early = before?.(parameters)
    if (early) return early
    const get = (name: string) => parameters.get(name) ?? ''
    if (get('Version') !== '2015-04-01' || get('Format') !== 'JSON') return fail(400, 'InvalidVersion', 'version')
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(get('Timestamp'))) return fail(400, 'InvalidTimeStamp.Format', 'time')
    if (Math.abs(Date.parse(get('Timestamp')) - now()) > 900_000) return fail(400, 'InvalidTimeStamp.Expired', 'time')
    if (nonces.has(get('SignatureNonce'))) return fail(400, 'SignatureNonceUsed', 'nonce')
    nonces.add(get('SignatureNonce'))
    if (get('Action') === 'AssumeRole') {
      const key = keys.find(each => each.accessKeyId === get('AccessKeyId'))
      if (!key) return fail(404, 'InvalidAccessKeyId.NotFound', 'Specified access key is not found.')
      if ((key.securityToken ?? '') !== get('SecurityToken'))
        return fail(400, 'InvalidSecurityToken.Malformed', 'token')
      if (get('Signature') !== rpcSignature(method, parameters, key.accessKeySecret)) {
        return fail(
          400,
          'SignatureDoesNotMatch',
          `Specified signature is not matched with our calculation. server string to sign is:POST&%2F&${escapeBytes(url)}`,
        )
      }
    } else if (get('Action') === 'AssumeRoleWithOIDC') {
      if (parameters.has('Signature') || searchParams.has('OIDCToken')) return fail(400, 'InvalidParameter', 'place')
      if (get('OIDCToken') !== options.oidcToken) {
        return fail(400, 'AuthenticationFail.OIDCToken.Invalid', `This token is not valid: ${get('OIDCToken')}`)
      }
    } else return fail(404, 'InvalidAction.NotFound', 'no such action')
    if (!get('RoleArn').startsWith('acs:ram::')) return fail(400, 'InvalidParameter.RoleArn', 'The role is not valid.')
    const number = asked.length
    const Credentials = {
      AccessKeyId: `STS.role${number}`,
      AccessKeySecret: `s3cret-role${number}`,
      SecurityToken: `t0ken-role${number}`,
      Expiration: new Date(now() + lifetime).toISOString().replace(/\.\d+Z/, 'Z'),
    }
    return { headers: { 'content-type': 'application/json' }, body: { RequestId: 'REQUEST-1', Credentials } }
  })
  return { ...server, asked }
}
