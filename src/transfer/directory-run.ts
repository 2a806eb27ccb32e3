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
  #running = 0
  /** To be called whenever one has ended. */
  #waiting: (() => void)[] = []
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
    while (this.#running > 0) await this.#oneEnds()
    this.#options.signal?.throwIfAborted()
    if (this.#failure) throw this.#failure.error
    return this.summary
  }

  /** Starts work on one file as soon as there is a place for it. Rejects when the run is over. */
  async start(work: () => Promise<FileReport>, about: Omit<FileReport, 'status' | 'error'>): Promise<void> {
    await this.#place()
    void this.#follow(this.#perform(work, about))
  }

  /** {@link DirectoryRun.start} for several objects at once; `unfinished` describes them when the work fails as a whole. */
  async startMany(work: () => Promise<FileReport[]>, unfinished: () => FileReport[]): Promise<void> {
    await this.#place()
    void this.#follow(this.#performMany(work, unfinished))
  }

  /** Waits until all work that was started has ended. */
  async idle(): Promise<void> {
    while (this.#running > 0) await this.#oneEnds()
    this.signal.throwIfAborted()
  }

  /** Waits for a place, and takes it. */
  async #place(): Promise<void> {
    while (this.#running >= this.parallelism.current) await this.#oneEnds()
    this.signal.throwIfAborted()
    this.#running++
  }

  #oneEnds(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  async #follow(work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#running--
      for (const wake of this.#waiting.splice(0)) wake()
    }
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

  async #perform(work: () => Promise<FileReport>, about: Omit<FileReport, 'status' | 'error'>): Promise<void> {
    let report: FileReport
    try {
      report = await work()
      this.parallelism.succeeded()
    } catch (error) {
      // What an abort interrupts has not failed.
      this.signal.throwIfAborted()
      report = { ...about, status: 'failed', error }
    }
    await this.report(report)
  }

  async #performMany(work: () => Promise<FileReport[]>, unfinished: () => FileReport[]): Promise<void> {
    let reports: FileReport[]
    try {
      reports = await work()
      this.parallelism.succeeded()
    } catch (error) {
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
