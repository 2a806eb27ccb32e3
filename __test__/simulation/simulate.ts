import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { AnonymousCredentialsProvider, Client, FixedDelayBackoff, OssError, StandardRetryer } from 'ferross'
import { coreOf } from '#src/client/core.js'
import { Random } from '../helpers/random.js'
import { SimulatedDisk } from './disk.js'
import { type FileWorld, simulated } from './intercept.js'
import { type Fate, SimulatedNetwork } from './network.js'
import { Scheduler } from './scheduler.js'
import { SimulatedService } from './service.js'
import { tamperedJournal } from './tamper.js'

const bucket = 'examplebucket'
const sourceKey = 'source'
const targetKey = 'target'
const partSize = 100 * 1024
const sourcePath = simulated('source.bin')
const targetPath = simulated('target.bin')
const oldBytes = Buffer.from('what was there before')
const memoryLimit = 4 * partSize
/** Runs until one succeeds; the last one has no bad luck at all. */
const mostRuns = 5

const kinds = ['uploadFile', 'uploadFrom', 'downloadFile', 'downloadTo', 'copy'] as const
type Kind = (typeof kinds)[number]

/** What one run is to go through. */
interface Plan {
  /** Probability of a fault per request. */
  readonly faults: number
  /** The event before which the process dies, or the call is aborted, or the source is replaced. */
  readonly dieAt?: number
  readonly abortAt?: number
  readonly changeAt?: number
}

/** What came of a seed. */
export interface SimulationReport {
  readonly kind: Kind
  readonly runs: number
  readonly events: number
  readonly deaths: number
  readonly powerLosses: number
  readonly aborts: number
  readonly changes: number
  /** Journals that were damaged, or made to lie. */
  readonly tampered: number
  readonly faults: ReadonlyMap<Fate, number>
}

/** One transfer, repeated until it succeeds, and everything that happens to it, as the seed says. */
export class Simulation implements FileWorld {
  readonly random: Random
  readonly disk = new SimulatedDisk()
  scheduler: Scheduler
  readonly #service = new SimulatedService()
  readonly #kind: Kind
  readonly #checkpoint: boolean
  readonly #useTempFile: boolean
  /** Up to which size a copy takes one request. */
  readonly #threshold: number
  /** Whole states that the source has had. */
  readonly #versions: Buffer[] = []
  readonly #faults = new Map<Fate, number>()
  #diedWithoutJournal = false
  #lastError: unknown
  #powerWasLost = false
  readonly #counts = { runs: 0, events: 0, deaths: 0, powerLosses: 0, aborts: 0, changes: 0, tampered: 0 }

  constructor(seed: number) {
    this.random = new Random(seed)
    this.scheduler = new Scheduler(this.random)
    this.#kind = this.random.pick(kinds)
    this.#checkpoint = this.#kind !== 'uploadFrom' && this.#kind !== 'downloadTo' && this.random.chance(0.7)
    this.#threshold = this.random.pick([0, 2 * partSize])
    this.#useTempFile = this.#kind !== 'downloadFile' || this.random.chance(0.8)
  }

  async complete(): Promise<SimulationReport> {
    this.#replaceSource()
    if (this.#kind === 'downloadFile' && this.#useTempFile) this.disk.put(targetPath, oldBytes)
    for (;;) {
      // A journal that lies may cost the run that finds out.
      const last = ++this.#counts.runs === mostRuns + (this.#counts.tampered > 0 ? 1 : 0)
      // A stream is gone with the process that read it, so there is nothing to compare with: what counts is each run.
      if (await this.#once(this.#counts.runs >= mostRuns ? { faults: 0 } : this.#draw())) break
      if (last) throw new Error(`${this.#kind} fails without any fault`, { cause: this.#lastError })
      if (this.#checkpoint && this.#counts.runs < mostRuns && this.random.chance(0.4)) this.#tamper()
    }
    await this.scheduler.drain()
    this.#checkNothingLeft()
    return { kind: this.#kind, ...this.#counts, faults: this.#faults }
  }

  #draw(): Plan {
    const within = this.random.pick([8, 25, 60])
    return {
      faults: this.random.pick([0, 0.05, 0.2]),
      ...(this.random.chance(0.5) && { dieAt: this.random.between(1, within) }),
      ...(this.random.chance(0.2) && { abortAt: this.random.between(1, within) }),
      ...(this.random.chance(0.2) && { changeAt: this.random.between(1, within) }),
    }
  }

  /** Other bytes, of the same length half of the time. */
  #replaceSource(): void {
    const length = this.#versions.at(-1)?.length ?? 0
    const other = Math.floor(partSize * (0.5 + 5 * this.random.next()))
    const bytes = this.random.bytes(length > 0 && this.random.chance(0.5) ? length : other)
    this.#versions.push(bytes)
    this.disk.put(sourcePath, bytes)
    this.#service.objects.set(sourceKey, this.#service.store(bytes))
  }

  /** Whether it succeeded. */
  async #once(plan: Plan): Promise<boolean> {
    this.scheduler = new Scheduler(this.random)
    const network = new SimulatedNetwork(this.#service, this.scheduler, this.random, plan.faults, 6)
    const client = new Client({
      endpoint: 'http://oss.test',
      region: 'cn-hangzhou',
      usePathStyle: true,
      credentialsProvider: new AnonymousCredentialsProvider(),
      httpClient: network,
      memoryLimit,
      retryer: new StandardRetryer({ backoff: new FixedDelayBackoff(0) }),
    })
    const memory = coreOf(client)?.memory as { used: number }
    const stop = new AbortController()
    const reason = new Error('enough')
    const since = this.#versions.length - 1
    const progress = new ProgressWatch()
    const work = this.#transfer(client, stop.signal, progress)
    let outcome: { value?: unknown; error?: unknown } = {}
    const settled = work.then(
      value => {
        outcome = { value }
      },
      error => {
        outcome = { error }
      },
    )
    await this.scheduler.run(settled, () => {
      assert.ok(memory.used <= memoryLimit, `${memory.used} bytes of buffers`)
      const event = this.scheduler.count
      if (event === plan.changeAt && this.#kind !== 'uploadFrom') {
        this.#counts.changes++
        this.#replaceSource()
      }
      if (event === plan.abortAt) {
        this.#counts.aborts++
        stop.abort(reason)
      }
      return event === plan.dieAt ? 'die' : 'go on'
    })
    this.#counts.events += this.scheduler.count
    for (const [fate, count] of network.struck) this.#faults.set(fate, (this.#faults.get(fate) ?? 0) + count)
    if (this.scheduler.dead) {
      this.#die()
      this.#checkTarget(undefined)
      return false
    }
    assert.equal(memory.used, 0, 'part buffers are given back')
    if ('error' in outcome) {
      this.#lastError = outcome.error
      if (!(outcome.error instanceof OssError) && outcome.error !== reason) {
        throw new Error('neither an error of ferross nor the reason of the abort', { cause: outcome.error })
      }
      this.#checkTarget(undefined)
      if (!this.#checkpoint && !this.#diedWithoutJournal) this.#checkNothingLeft()
      return false
    }
    progress.checkComplete()
    this.#checkTarget(this.#versions.slice(since), outcome.value)
    return true
  }

  #transfer(client: Client, signal: AbortSignal, progress: ProgressWatch): Promise<unknown> {
    const options = { partSize, parallelNum: 3, signal, onProgress: progress.listen }
    const checkpoint = this.#checkpoint && { enableCheckpoint: true }
    const target = { bucket, key: targetKey }
    switch (this.#kind) {
      case 'uploadFile':
        return client.uploader({ ...options, ...checkpoint }).uploadFile(target, sourcePath)
      case 'uploadFrom':
        return client.uploader(options).uploadFrom(target, this.#stream(this.#versions.at(-1) as Buffer))
      case 'downloadFile': {
        // What a machine wrote before it lost power is not trusted: elsewhere the marker of the boot tells, here we do.
        const own = { useTempFile: this.#useTempFile, verifyData: this.#powerWasLost || this.random.chance(0.3) }
        return client
          .downloader({ ...options, ...own, ...checkpoint })
          .downloadFile({ bucket, key: sourceKey }, targetPath)
      }
      case 'downloadTo':
        return this.#downloadTo(client, options)
      case 'copy': {
        const own = {
          multipartCopyThreshold: this.#threshold,
          disableShallowCopy: true,
          checkpointDir: simulated('checkpoints'),
        }
        return client.copier({ ...options, ...own, ...checkpoint }).copy({ ...target, sourceKey })
      }
    }
  }

  async *#stream(bytes: Buffer): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; ) {
      const chunk = await this.scheduler.later(() => bytes.subarray(at, at + this.random.between(1, 150_000)))
      at += chunk.length
      yield chunk
    }
  }

  async #downloadTo(client: Client, options: object): Promise<Buffer> {
    const chunks: Buffer[] = []
    const sink = new Writable({
      highWaterMark: 50_000,
      write: (chunk, _encoding, done) => {
        this.scheduler.later(() => chunks.push(Buffer.from(chunk))).then(() => done(), done)
      },
    })
    await client.downloader(options).downloadTo({ bucket, key: sourceKey }, sink)
    return Buffer.concat(chunks)
  }

  #tamper(): void {
    for (const path of this.disk.paths.filter(path => path.endsWith('.ferross-journal'))) {
      this.disk.put(path, tamperedJournal(this.disk.content(path) as Buffer, this.random))
      this.#counts.tampered++
    }
  }

  /** The process is gone, and half of the time the whole machine. */
  #die(): void {
    this.#counts.deaths++
    if (!this.#checkpoint) this.#diedWithoutJournal = true
    if (!this.random.chance(0.5)) return
    this.#counts.powerLosses++
    this.#powerWasLost = true
    this.disk.losePower(this.random)
  }

  /**
   * After a success: the target is one of these states of the source, whole. Otherwise it is what it was before, or some
   * whole state, because an answer may have been lost, but nothing in between.
   */
  #checkTarget(wanted: readonly Buffer[] | undefined, received?: unknown): void {
    if (this.#kind === 'downloadTo') {
      if (wanted) assert.ok(isOneOf(received as Buffer, wanted), 'the stream got the bytes of the object')
      return
    }
    const isFile = this.#kind === 'downloadFile'
    const found = isFile ? this.disk.content(targetPath) : this.#service.objects.get(targetKey)?.content
    if (wanted) assert.ok(found && isOneOf(found, wanted), 'the target has the bytes of the source')
    // Without a temporary file the target itself is what is being filled.
    else if (found !== undefined && this.#useTempFile)
      assert.ok(isOneOf(found, [oldBytes, ...this.#versions]), 'the target is whole')
  }

  #checkNothingLeft(): void {
    // A process that keeps no journal takes the names of what it began with it.
    if (this.#diedWithoutJournal) return
    // Only the journal knew the upload.
    if (this.#counts.tampered === 0) assert.equal(this.#service.strayParts, 0, 'no parts are left at the service')
    const names = this.disk.names.filter(name => name !== 'source.bin' && name !== 'target.bin')
    assert.deepEqual(names, [], 'no temporary file and no journal is left')
  }
}

/** Watches what a transfer says about its progress. */
class ProgressWatch {
  #transferred = 0
  #total: number | undefined
  #calls = 0

  readonly listen = (increment: number, transferred: number, total: number | undefined) => {
    this.#calls++
    assert.ok(increment > 0, `an increment of ${increment}`)
    assert.equal(transferred, this.#transferred + increment, 'increments add up')
    assert.ok(total === undefined || transferred <= total, `${transferred} of ${total}`)
    this.#transferred = transferred
    this.#total = total
  }

  checkComplete(): void {
    assert.ok(
      this.#calls > 0 && (this.#total === undefined || this.#transferred === this.#total),
      'progress is complete',
    )
  }
}

function isOneOf(bytes: Buffer, candidates: readonly Buffer[]): boolean {
  return candidates.some(candidate => candidate.equals(bytes))
}
