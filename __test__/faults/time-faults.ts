import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mock } from 'node:test'
import {
  CredentialsFetchError,
  type CredentialsProvider,
  FunctionCredentialsProvider,
  RefreshingCredentialsProvider,
  StaticCredentialsProvider,
} from 'ferross'
import { every } from './connection-faults.js'
import type { Scenario } from './scenario.js'
import { type OperationName, sourceFile, type TestedOperation, testedOperations } from './tested-operations.js'
import { bucket, sourceKey, type World, within } from './world.js'

const minute = 60_000
const hour = 60 * minute
/** Real turns of the event loop, whatever the tests' own clock says. */
const turn = globalThis.setImmediate

function skewed(fault: string, offset: number): Scenario {
  return {
    fault,
    operations: every,
    outcome: 'succeeds',
    checks: 'the offset is learnt once and kept',
    serverOptions: { clock: () => Date.now() + offset },
    arrange: world => {
      // What was put there to begin with needed the offset as well; only the client under test counts.
      world.server.requests.clear()
      return () => {
        const refused = [...world.server.requests].filter(({ code }) => code === 'RequestTimeTooSkewed')
        assert.ok(refused.length >= 1 && refused.length <= 3, `${refused.length} requests were too late or too early`)
      }
    },
  }
}

/** Credentials of which the first are refused, as those are whose time is over. */
function expired(world: World): CredentialsProvider {
  const { accessKeyId, accessKeySecret } = world.server.credentials
  let refused = false
  return {
    getCredentials: () => (refused ? { accessKeyId, accessKeySecret } : { accessKeyId: 'gone', accessKeySecret: 'x' }),
    invalidate: () => {
      refused = true
    },
  }
}

/** As many calls at once as `count`, of every kind, each ended at a moment of its own. */
async function abortMany(world: World, count: number): Promise<string> {
  const names: readonly OperationName[] = [
    'getObject',
    'putObject',
    'uploadFrom',
    'downloadTo',
    'listObjectsV2',
    'copy',
  ]
  await (testedOperations.uploadFile as TestedOperation).prepare?.(world)
  const reason = new Error('no longer wanted')
  const stops = Array.from({ length: count }, () => new AbortController())
  let requests = 0
  world.proxy.treat = () => {
    // Each request on its way ends some call, most of them another one than its own.
    if (requests++ % 2 === 0) world.random.pick(stops).abort(reason)
    return undefined
  }
  const calls = stops.map(async ({ signal }, index) => {
    const name = names[index % names.length] as OperationName
    if (world.random.chance(0.1)) turn(() => stops[index]?.abort(reason))
    await (testedOperations[name] as TestedOperation).run(world, signal)
  })
  const settling = within('aborted calls', Promise.allSettled(calls))
  // Whoever is left is ended while all the others are still at it.
  for (let left = 20; left > 0; left--) await new Promise(resolve => turn(resolve))
  for (const stop of stops) stop.abort(reason)
  let aborted = 0
  for (const outcome of await settling) {
    if (outcome.status === 'fulfilled') continue
    assert.equal(outcome.reason, reason, 'an aborted call rejects with the reason of its signal')
    aborted++
  }
  assert.ok(aborted > count / 2, `${aborted} of ${count} calls were ended`)
  throw reason
}

/** A server that knows at any moment which credentials are valid, and how many connections it has. */
async function serveDay(world: World) {
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    const issued = Number(request.headers['x-oss-security-token'])
    const valid = Date.now() < issued + hour
    if (!valid) expiredRequests++
    response.writeHead(valid ? 200 : 403, { 'content-length': '0' }).end()
  })
  let expiredRequests = 0
  let connections = 0
  server.on('connection', () => connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  world.after(async () => {
    const closed = once(server, 'close')
    server.closeAllConnections()
    server.close()
    await closed
  })
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open: () => new Promise<number>(resolve => server.getConnections((_error, count) => resolve(count))),
    connections: () => connections,
    expired: () => expiredRequests,
  }
}

/** A day in the life of a client: bursts of requests, long pauses, and credentials that live for an hour. */
async function liveADay(world: World): Promise<void> {
  const server = await serveDay(world)
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: Date.now() })
  try {
    let fetched = 0
    let down = true
    const provider = new RefreshingCredentialsProvider(
      new FunctionCredentialsProvider(async () => {
        fetched++
        // Now and then a fetch fails, which nobody notices who has valid ones, and a retry mends for the others.
        down = !down && world.random.chance(0.2)
        if (down) throw new Error('the source of credentials is down')
        const expiration = new Date(Date.now() + hour)
        return { accessKeyId: 'ak', accessKeySecret: 'sk', securityToken: String(Date.now()), expiration }
      }),
      { random: () => world.random.next() },
    )
    world.configure({ endpoint: server.endpoint, credentialsProvider: provider })
    const end = Date.now() + 24 * hour
    let bursts = 0
    let idle = 0
    while (Date.now() < end) {
      bursts++
      const before = server.connections()
      const calls = Array.from({ length: 5 }, () => world.client.headObject({ bucket, key: sourceKey }))
      await within('a burst of requests', Promise.all(calls))
      if (idle > minute) assert.ok(server.connections() > before, 'connections that were idle too long are not used')
      if (bursts > 1 && idle < 10_000) assert.equal(server.connections(), before, 'kept connections are used again')
      idle = world.random.chance(0.5) ? world.random.between(1000, 9000) : world.random.between(2 * minute, 40 * minute)
      await pass(idle)
      if (idle > 2 * minute) await within('closing idle connections', untilNone(server.open))
    }
    assert.equal(server.expired(), 0, 'no request was signed with credentials whose time was over')
    assert.ok(fetched >= 14 && fetched <= 100, `credentials were fetched ${fetched} times in a day`)
  } finally {
    mock.timers.reset()
  }
}

/** Lets time pass, in steps that leave timers the chance to set others. */
async function pass(milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= 5000) {
    mock.timers.tick(Math.min(left, 5000))
    await new Promise(resolve => turn(resolve))
  }
}

async function untilNone(count: () => Promise<number>): Promise<void> {
  while ((await count()) > 0) await new Promise(resolve => turn(resolve))
}

/** What has to do with time, and with calls that nobody wants any more. */
export const timeFaults: readonly Scenario[] = [
  skewed('the clock here is an hour slow', hour),
  skewed('the clock here is an hour fast', -hour),
  {
    fault: 'credentials whose time is over',
    operations: every,
    outcome: 'succeeds',
    checks: 'they are renewed once',
    arrange: world => world.configure({ credentialsProvider: expired(world) }),
  },
  {
    fault: 'credentials that are refused for good',
    operations: ['headObject', 'putObject', 'uploadFile'],
    outcome: ['ServiceError InvalidAccessKeyId'],
    unreachable: true,
    arrange: world =>
      world.configure({ credentialsProvider: new StaticCredentialsProvider('gone', 'test-access-key-secret') }),
  },
  {
    fault: 'credentials that cannot be had',
    operations: every,
    outcome: 'CredentialsFetchError CredentialsFetch, retryable',
    checks: 'nothing is sent',
    unreachable: true,
    arrange: world => {
      const cause = new Error('the source of credentials is down')
      const getCredentials = () => Promise.reject(new CredentialsFetchError(cause))
      world.configure({ credentialsProvider: { getCredentials } })
      let sent = 0
      world.proxy.treat = () => {
        sent++
        return undefined
      }
      return () => assert.equal(sent, 0)
    },
  },
  {
    fault: 'hundreds of calls aborted at once',
    operations: ['uploadFrom'],
    outcome: 'Error no longer wanted',
    checks: 'each rejects with the reason of its own signal',
    files: ['source.bin'],
    slow: true,
    arrange: world => () => assert.ok(sourceFile(world)),
    run: world => abortMany(world, 300),
  },
  {
    fault: 'a day of bursts and pauses, credentials that live an hour (virtual clock)',
    operations: ['headObject'],
    outcome: 'succeeds',
    checks: 'credentials are renewed in time, idle connections are closed, kept ones used again',
    unreachable: true,
    sourceChanges: true,
    slow: true,
    arrange: () => {},
    run: liveADay,
  },
]
