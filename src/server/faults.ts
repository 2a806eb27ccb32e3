/** What a {@link FaultRule} looks for. Every given field must fit. */
export interface FaultCondition {
  /** Name of the operation, such as `PutObject`; the method's spelling `putObject` is the same. */
  readonly operation?: string
  readonly bucket?: string
  readonly key?: string | RegExp
  /** Part number of UploadPart and UploadPartCopy. */
  readonly partNumber?: number
  /** The first fitting request that is affected, counted from 1. @default 1 */
  readonly nth?: number
  /** How many fitting requests in a row are affected. @default 1 */
  readonly count?: number
}

/** What a {@link FaultRule} does. Effects may be combined. */
export interface FaultEffect {
  /** Waits before anything else, in milliseconds. */
  readonly delayMs?: number
  /** Moves the server's clock for this request, in milliseconds: the signature looks too old or too new. */
  readonly clockSkewMs?: number
  /** Answers with this status instead. */
  readonly status?: number
  /** Answers with this error code instead. */
  readonly code?: string
  /** Message of the error. */
  readonly message?: string
  /** Further headers of the answer, such as `x-oss-qos-delay-time`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Performs the operation first: only its answer is replaced or lost. @default false */
  readonly afterEffect?: boolean
  /** Closes the connection without an answer. @default false */
  readonly dropConnection?: boolean
  /** Closes the connection when this many bytes of the request's body have arrived. */
  readonly cutRequestAfterBytes?: number
  /** Stops reading when this many bytes of the request's body have arrived. */
  readonly stallRequestAfterBytes?: number
  /** Changes the byte at this place of the request's body, as a broken network would: what is stored is wrong. */
  readonly corruptRequestByte?: number
  /** Closes the connection when this many bytes of the answer's body have been sent. */
  readonly cutResponseAfterBytes?: number
  /** Stops sending when this many bytes of the answer's body have been sent. */
  readonly stallResponseAfterBytes?: number
  /** Changes the byte at this place of the answer's body. */
  readonly corruptResponseByte?: number
  /** Answers with a CRC-64 that is not the right one. @default false */
  readonly wrongCrc?: boolean
  /** Answers with a Content-Range that is not the one asked for. @default false */
  readonly wrongContentRange?: boolean
}

/** One scripted fault: when, and what then. */
export type FaultRule = FaultCondition & FaultEffect

/** What {@link FaultScript} matches rules against. */
export interface FaultSubject {
  /** Name of the operation; empty for requests that are none. */
  readonly operation: string
  readonly bucket: string | undefined
  readonly key: string | undefined
  readonly partNumber: number | undefined
}

/** A rule in force, with its own count. */
export interface ActiveFault {
  readonly rule: FaultRule
  /** How many requests fitted so far, affected or not. */
  readonly matched: number
  /** How many requests were affected so far. */
  readonly applied: number
  /** Takes the rule out. */
  remove(): void
}

interface Entry {
  readonly rule: FaultRule
  matched: number
  applied: number
}

/**
 * The faults a server is told to show. Nothing is random: a rule affects the requests it counts, from the `nth` on. Every
 * rule counts every fitting request; when several are due, their effects are joined and the earlier rule wins.
 */
export class FaultScript {
  readonly #entries = new Set<Entry>()

  constructor(rules: readonly FaultRule[] = []) {
    for (const rule of rules) this.add(rule)
  }

  /** Adds a rule; it counts from here on. */
  add(rule: FaultRule): ActiveFault {
    const entry: Entry = { rule, matched: 0, applied: 0 }
    this.#entries.add(entry)
    const remove = () => void this.#entries.delete(entry)
    return {
      rule,
      remove,
      get matched() {
        return entry.matched
      },
      get applied() {
        return entry.applied
      },
    }
  }

  /** Takes all rules out. */
  clear(): void {
    this.#entries.clear()
  }

  /** Counts a request and gives what is to happen to it. @internal */
  take(subject: FaultSubject): FaultEffect {
    let effect: FaultEffect = {}
    for (const entry of this.#entries) {
      if (!fits(entry.rule, subject)) continue
      entry.matched++
      const first = entry.rule.nth ?? 1
      if (entry.matched < first || entry.matched >= first + (entry.rule.count ?? 1)) continue
      entry.applied++
      effect = { ...entry.rule, ...effect }
    }
    return effect
  }
}

function fits(condition: FaultCondition, subject: FaultSubject): boolean {
  const { operation, bucket, key, partNumber } = condition
  if (operation !== undefined && operation.toLowerCase() !== subject.operation.toLowerCase()) return false
  if (bucket !== undefined && bucket !== subject.bucket) return false
  if (partNumber !== undefined && partNumber !== subject.partNumber) return false
  if (key === undefined) return true
  if (subject.key === undefined) return false
  return typeof key === 'string' ? key === subject.key : subject.key.search(key) >= 0
}
