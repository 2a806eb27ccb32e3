import assert from 'node:assert/strict'
import { FixedDelayBackoff, StandardRetryer } from 'ferross'
import type { ProxiedRequest, Treatment } from './fault-proxy.js'
import { type Scenario, strike } from './scenario.js'
import type { OperationName } from './tested-operations.js'
import type { World } from './world.js'

export const reading = [
  'headObject',
  'getObject',
  'listObjectsV2',
  'getObjectToFile',
  'downloadFile',
  'downloadTo',
] as const
export const writing = ['putObject', 'uploadFile', 'uploadFrom', 'copy'] as const
export const every: readonly OperationName[] = [...reading, ...writing]
/** Operations that receive the bytes of an object. */
export const receiving = ['getObject', 'getObjectToFile', 'downloadFile', 'downloadTo'] as const
/** Operations that send the bytes of an object. */
const sending = ['putObject', 'uploadFile', 'uploadFrom'] as const

const noAnswer = 'RequestError RequestError, retryable'
const tooLate = 'TimeoutError Timeout, retryable'

/** Requests that carry an object's bytes. */
export const sendsBytes = ({ method, target }: ProxiedRequest) => method === 'PUT' && target.includes('/target')
/** Requests for an object's bytes. */
export const asksForBytes = ({ method, target }: ProxiedRequest) => method === 'GET' && /\/source$/.test(target)

/** A client that loses patience quickly, and tries often enough that a busy machine is no reason to fail. */
function impatient(world: World, readwriteTimeout: number, maxAttempts: number): void {
  const backoff = new FixedDelayBackoff(0)
  const retryer = new StandardRetryer({ maxAttempts, backoff })
  world.configure({ readwriteTimeout, retryer })
}

/** Somewhere in the answer, head included, but not all of it. */
const somewhere = (world: World) => (length: number) => world.random.between(1, length)
/** Somewhere in the body of the answer. */
const inBody = (world: World) => (length: number, headLength: number) => world.random.between(headLength, length)

function once(fault: string, treatment: (world: World) => Treatment): Scenario {
  return {
    fault: `${fault}, once`,
    operations: every,
    outcome: 'succeeds',
    // Its body is the caller's by then, and a reader cannot be told to begin anew.
    exceptions: { getObject: ['succeeds', noAnswer] },
    arrange: (world, operation) => strike(world, operation, () => treatment(world), { times: 1 }),
  }
}

function always(fault: string, treatment: (world: World) => Treatment, outcome = noAnswer): Scenario {
  return {
    fault: `${fault}, every time`,
    operations: every,
    outcome,
    partsMayStay: true,
    arrange: (world, operation) => strike(world, operation, () => treatment(world)),
  }
}

/** What happens to connections. */
export const connectionFaults: readonly Scenario[] = [
  {
    fault: 'connection refused',
    operations: [...every, 'putObject of a stream'],
    outcome: noAnswer,
    arrange: world => world.proxy.refuse(),
  },
  {
    fault: 'connection reset as soon as it stands, twice',
    operations: [...every, 'putObject of a stream'],
    outcome: 'succeeds',
    checks: 'a stream that was not begun is sent after all',
    arrange: world => {
      world.proxy.resetConnections = 2
      return () => assert.equal(world.proxy.struck, 2)
    },
  },
  {
    fault: 'connection reset inside the body of the request, once',
    operations: sending,
    outcome: 'succeeds',
    arrange: (world, operation) =>
      strike(world, operation, () => ({ resetInRequest: world.random.between(1, 60_000) }), {
        when: sendsBytes,
        times: 1,
        among: operation === 'putObject' ? 1 : 4,
      }),
  },
  {
    fault: 'connection reset inside the body of a request that cannot be repeated',
    operations: ['putObject of a stream'],
    outcome: noAnswer,
    checks: 'it is sent once only',
    arrange: (world, operation) => {
      const check = strike(world, operation, () => ({ resetInRequest: world.random.between(1, 60_000) }))
      return () => {
        check()
        assert.equal(world.proxy.struck, 1)
      }
    },
  },
  once('connection reset in place of the answer', () => ({ instead: 'reset' })),
  always('connection reset in place of the answer', () => ({ instead: 'reset' })),
  once('connection reset inside the answer', world => ({ cutAt: somewhere(world), afterwards: 'reset' })),
  once('connection half closed in place of the answer', () => ({ instead: 'end' })),
  always('connection half closed in place of the answer', () => ({ instead: 'end' })),
  once('answer lost after the operation was performed', () => ({ instead: 'reset', performed: true })),
  {
    fault: 'half-open connection: no answer and no end, once',
    operations: every,
    outcome: 'succeeds',
    slow: true,
    arrange: (world, operation) => {
      impatient(world, 700, 8)
      return strike(world, operation, () => ({ instead: 'silence' }), { times: 1 })
    },
  },
  {
    fault: 'half-open connection: no answer and no end, every time',
    operations: every,
    outcome: tooLate,
    partsMayStay: true,
    slow: true,
    arrange: (world, operation) => {
      impatient(world, 300, 1)
      return strike(world, operation, () => ({ instead: 'silence' }))
    },
  },
  {
    fault: 'stall inside the answer, once',
    operations: every,
    outcome: 'succeeds',
    exceptions: { getObject: ['succeeds', tooLate] },
    slow: true,
    arrange: (world, operation) => {
      impatient(world, 700, 8)
      return strike(world, operation, () => ({ cutAt: somewhere(world), afterwards: 'silence' }), { times: 1 })
    },
  },
  {
    fault: 'stall inside the body, every time',
    operations: receiving,
    outcome: tooLate,
    slow: true,
    arrange: (world, operation) => {
      impatient(world, 300, 1)
      return strike(world, operation, () => ({ cutAt: inBody(world), afterwards: 'silence' }), { when: asksForBytes })
    },
  },
  {
    fault: 'slow drip: answers come a few bytes at a time',
    operations: every,
    outcome: 'succeeds',
    arrange: (world, operation) => strike(world, operation, () => ({ drip: world.random.between(800, 3000) })),
  },
]
