import { Agent } from 'node:http'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { startLocalServer } from 'ferross/server'
import { clientOf } from '../helpers/with-server.js'
import { clientTargets } from './client-targets.js'
import { liveTarget, serverTargets } from './server-targets.js'

/** What came of one target. */
export interface FuzzReport {
  readonly name: string
  readonly runs: number
  /** The smallest input that fails, and how to have it again; absent when all is well. */
  readonly failure?: string
}

/** Gives every parser so many inputs. */
export async function runTargets(
  { seed, runs, only = '' }: { seed: number; runs: number; only?: string },
  onReport: (report: FuzzReport) => void,
): Promise<void> {
  const server = await startLocalServer({ anonymous: 'allow' })
  const client = clientOf(server)
  const agent = new Agent({ keepAlive: true })
  try {
    await client.putBucket({ bucket: 'examplebucket' })
    await client.putObject({ bucket: 'examplebucket', key: 'k', body: 'content' })
    for (const { name, property, cost = 1 } of [...clientTargets, ...serverTargets, liveTarget(server, agent)]) {
      if (!name.includes(only)) continue
      const numRuns = Math.ceil(runs / cost)
      const details = await fc.check(property as fc.IRawProperty<unknown>, { seed, numRuns, endOnFailure: false })
      const why = `${fc.defaultReportMessage(details)}\n${inspect(details.errorInstance)}`
      const failure = details.failed ? { failure: why } : {}
      onReport({ name, runs: details.numRuns, ...failure })
    }
  } finally {
    agent.destroy()
    await client.close()
    await server.close()
  }
}
