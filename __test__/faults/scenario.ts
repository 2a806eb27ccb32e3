import assert from 'node:assert/strict'
import { OssError } from 'ferross'
import type { LocalServerOptions } from 'ferross/server'
import type { ProxiedRequest, Treatment } from './fault-proxy.js'
import { type OperationName, type TestedOperation, testedOperations } from './tested-operations.js'
import { World, within } from './world.js'

/** `succeeds`, or class and code of the error, and whether it says that trying again may help. */
export type Outcome = string

/** A fault, the operations that meet it, and what must come of it. */
export interface Scenario {
  /** What goes wrong. */
  readonly fault: string
  /** Operations that meet it; each is a case of its own. */
  readonly operations: readonly OperationName[]
  /** What the user may see. */
  readonly outcome: Outcome | readonly Outcome[]
  /** What else the user of some operations may see. */
  readonly exceptions?: Partial<Record<OperationName, Outcome | readonly Outcome[]>>
  /** What else is checked, besides what is checked always. */
  readonly checks?: string
  readonly serverOptions?: LocalServerOptions
  /** Makes it go wrong; called when everything else is in place. May give a check to be made at the end. */
  arrange(world: World, operation: OperationName): Arranged | Promise<Arranged>
  /** What is done in place of the operation. */
  run?(world: World): Promise<unknown>
  /** The service stays out of reach, so that nothing more can be asked of the client. */
  readonly unreachable?: boolean
  /** Takes a second or more, because limits of time are waited for. */
  readonly slow?: boolean
  /** Parts may stay at the service, because it cannot be reached to remove them. */
  readonly partsMayStay?: boolean
  /** Files that stay in the folder, where they are others than the operation's own. */
  readonly files?: readonly string[]
  /** The object or file that is read is not the one that was there at first, so it is not compared. */
  readonly sourceChanges?: boolean
}

type Arranged = (() => void | Promise<void>) | void

/** How an error looks in the table. */
export function describeOutcome(error: unknown): Outcome {
  if (error instanceof OssError) return `${error.name} ${error.code}${error.retryable ? ', retryable' : ''}`
  return error instanceof Error
    ? `${error.name} ${(error as NodeJS.ErrnoException).code ?? error.message}`
    : String(error)
}

/** Runs one operation under one fault once, and checks what must be true afterwards. */
export async function runCase(scenario: Scenario, name: OperationName, seed: number): Promise<Outcome> {
  const operation: TestedOperation = testedOperations[name]
  const world = await World.make(seed, scenario.serverOptions)
  try {
    await operation.prepare?.(world)
    const check = await scenario.arrange(world, name)
    let result: unknown
    let failure: { error: unknown } | undefined
    try {
      result = await within(`${name} under ${scenario.fault}`, scenario.run?.(world) ?? operation.run(world))
    } catch (error) {
      failure = { error }
    }
    const outcome = failure ? describeOutcome(failure.error) : 'succeeds'
    const expected = [scenario.exceptions?.[name] ?? scenario.outcome].flat()
    if (!expected.includes(outcome)) {
      throw new Error(`expected ${expected.join(' or ')}, got ${outcome}`, { cause: failure?.error })
    }
    if (failure) checkError(failure.error)
    if (!scenario.sourceChanges) {
      if (failure) await operation.verifyFailure?.(world)
      else await operation.verify?.(world, result)
    }
    await world.checkNothingLeft(scenario.files ?? operation.files ?? [])
    if (!scenario.partsMayStay) await world.checkNoParts()
    await check?.()
    if (!scenario.unreachable) await world.checkClientWorks()
    return outcome
  } finally {
    await world.close()
  }
}

/** What is true of every error: it tells the operation, and no secret. */
function checkError(error: unknown): void {
  if (!(error instanceof OssError)) return
  assert.doesNotMatch(`${error.message} ${error.stack}`, /test-access-key-secret|Signature=/, 'errors keep secrets')
}

/** How many requests an operation makes at least: one of them is struck. */
const requestsOf: Readonly<Record<OperationName, number>> = {
  headObject: 1,
  getObject: 1,
  listObjectsV2: 1,
  putObject: 1,
  'putObject of a stream': 1,
  getObjectToFile: 1,
  uploadFile: 6,
  uploadFrom: 6,
  downloadFile: 4,
  downloadTo: 4,
  copy: 7,
  syncDown: 1,
}

/** Which requests are struck. */
export interface Aim {
  /** Only those that fit. @default all */
  readonly when?: (request: ProxiedRequest) => boolean
  /** How many fitting requests are struck in a row; the first is drawn by lot. Absent: all. */
  readonly times?: number
  /** How many fitting requests there are at least. */
  readonly among?: number
}

/** Strikes requests at the proxy, and gives the check that at least one was. */
export function strike(world: World, operation: OperationName, treatment: () => Treatment, aim: Aim = {}): () => void {
  const { when = () => true, times = Number.POSITIVE_INFINITY } = aim
  const spared = aim.times === undefined ? 0 : world.random.between(0, aim.among ?? requestsOf[operation])
  let fitting = 0
  world.proxy.treat = request => {
    if (!when(request)) return undefined
    const index = fitting++
    return index >= spared && index < spared + times ? treatment() : undefined
  }
  return () => assert.ok(world.proxy.struck > 0, 'the fault took place')
}
