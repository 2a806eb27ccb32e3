import { mixSeed } from '../helpers/random.js'
import { intercept } from './intercept.js'
import { Simulation, type SimulationReport } from './simulate.js'

/** A seed whose run broke an invariant. */
export interface SimulationFailure {
  /** What `npm run test:simulation -- --seed N --runs 1` wants. */
  readonly seed: number
  readonly error: unknown
}

/** Runs as many simulations as wanted; the first has the seed itself, so that one that failed can be had again. */
export async function runSeeds(
  seed: number,
  runs: number,
  onReport: (report: SimulationReport, seed: number) => void = () => {},
): Promise<SimulationFailure[]> {
  const failures: SimulationFailure[] = []
  let simulation = new Simulation(seed)
  const restore = intercept(() => simulation)
  try {
    for (let run = 0; run < runs; run++) {
      const own = run === 0 ? seed : mixSeed(seed, run)
      simulation = new Simulation(own)
      try {
        onReport(await simulation.complete(), own)
      } catch (error) {
        failures.push({ seed: own, error })
      }
    }
  } finally {
    restore()
  }
  return failures
}
