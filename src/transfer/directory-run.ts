import { ProgressMeter } from '../pipeline/progress.js'
import type { DirectoryOptions, DirectorySummary, FileReport } from './directory-options.js'
import { KeyFilter } from './key-filter.js'
import { AdaptiveParallelism } from './transfer-throttle.js'

/** One operation on many files: places for work, the failure policy, reports and counts. */
export class DirectoryRun {
  /** Fires when the caller aborts, or when the policy ends the run. */
  readonly signal: AbortSignal
  readonly dryRun: boolean
  readonly filter: KeyFilter
  readonly summary: DirectorySummary
  /** How many files may move at a time; requests that are throttled lower it. */
  readonly parallelism: AdaptiveParallelism
  readonly #options: DirectoryOptions
  readonly #stop = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #progress: ProgressMeter
  #failure: { error: unknown } | undefined

  constructor(options: DirectoryOptions) {
    this.#options = options
    this.signal = options.signal ? AbortSignal.any([options.signal, this.#stop.signal]) : this.#stop.signal
    this.dryRun = options.dryRun ?? false
    this.filter = new KeyFilter(options)
    this.parallelism = new AdaptiveParallelism(options.parallelFiles ?? 8)
    this.#progress = new ProgressMeter([options.onProgress], undefined)
    this.summary = { transferred: 0, skipped: 0, failed: 0, deleted: 0, bytes: 0, dryRun: this.dryRun }
  }

  /** Runs the whole: takes from nothing, waits for all work, and says how it went. */
  async complete(feed: () => Promise<void>): Promise<DirectorySummary> {
    this.#options.signal?.throwIfAborted()
    try {
      await feed()
    } catch (error) {
      this.#fail(error)
    }
    while (this.#running.size > 0) await Promise.all(this.#running)
    this.#options.signal?.throwIfAborted()
    if (this.#failure) throw this.#failure.error
    return this.summary
  }

  /** Starts work on one file as soon as there is a place for it. Rejects when the run is over. */
  start(work: () => Promise<FileReport>, about: Omit<FileReport, 'status' | 'error'>): Promise<void> {
    return this.startMany(
      async () => [await work()],
      () => [{ ...about, status: 'failed' }],
    )
  }

  /** {@link DirectoryRun.start} for several objects at once; `unfinished` describes them when the work fails as a whole. */
  async startMany(work: () => Promise<FileReport[]>, unfinished: () => FileReport[]): Promise<void> {
    while (this.#running.size >= this.parallelism.current) await Promise.race(this.#running)
    this.signal.throwIfAborted()
    const task: Promise<void> = this.#perform(work, unfinished)
      .catch(error => this.#fail(error))
      .finally(() => this.#running.delete(task))
    this.#running.add(task)
  }

  /** Waits until all work that was started has ended. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
    this.signal.throwIfAborted()
  }

  /** Counts and reports. Under the policy `'stop'` a failure ends the run. */
  async report(report: FileReport): Promise<void> {
    this.summary[report.status]++
    if (report.status === 'transferred') this.summary.bytes += report.size ?? 0
    await this.#options.onFile?.(report)
    if (report.status === 'failed' && this.#options.onFailure !== 'continue') throw report.error
  }

  /** Counts bytes of one file that are acknowledged. */
  readonly progress = (increment: number): void => this.#progress.add(increment)

  async #perform(work: () => Promise<FileReport[]>, unfinished: () => FileReport[]): Promise<void> {
    let reports: FileReport[]
    try {
      reports = await work()
      this.parallelism.succeeded()
    } catch (error) {
      // What an abort interrupts has not failed.
      this.signal.throwIfAborted()
      reports = unfinished().map(report => ({ ...report, error }))
    }
    let failure: { error: unknown } | undefined
    for (const report of reports) {
      // All are reported before the policy ends the run: what was done in one request is known only here.
      await this.report(report).catch(error => {
        failure ??= { error }
      })
    }
    if (failure) throw failure.error
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#stop.abort(error)
  }
}
