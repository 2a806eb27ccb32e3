import test from 'ava'
import fc from 'fast-check'
import {
  AnonymousCredentialsProvider,
  type Credentials,
  CredentialsEmptyError,
  CredentialsFetchError,
  ParamInvalidError,
  RefreshingCredentialsProvider,
  RequestError,
  TimeoutError,
} from 'ferross'
import { isAnonymous } from '#src/credentials/anonymous.js'
import { showsNothing, virtualClock } from './services.js'

const hour = 3_600_000
const minute = 60_000

/** A source whose answers are given by hand. */
function manualSource() {
  const open: { resolve: (given: Credentials) => void; reject: (error: unknown) => void; signal?: AbortSignal }[] = []
  let asked = 0
  const source = (signal?: AbortSignal) =>
    new Promise<Credentials>((resolve, reject) => {
      asked += 1
      open.push({ resolve, reject, signal })
    })
  return { source, open, asked: () => asked }
}

function key(name: string, expiration?: Date): Credentials {
  return { accessKeyId: name, accessKeySecret: `s3cret-${name}`, securityToken: `t0ken-${name}`, expiration }
}

/** Lets promises that are ready do what they wait for. */
const settled = () => new Promise<void>(resolve => setImmediate(resolve))

test('any number of requests share one fetch', async t => {
  const { source, open, asked } = manualSource()
  const provider = new RefreshingCredentialsProvider(source)
  const waiting = Array.from({ length: 500 }, () => provider.getCredentials())
  t.is(asked(), 1)
  open[0].resolve(key('a'))
  for (const given of await Promise.all(waiting)) t.is(given.accessKeyId, 'a')
  t.false(provider.getCredentials() instanceof Promise, 'what is at hand is given at once')
  t.is(asked(), 1)
})

test('inside the window credentials are replaced in the background', async t => {
  const { clock, advance, at } = virtualClock()
  const { source, open, asked } = manualSource()
  const provider = new RefreshingCredentialsProvider(source, { clock, refreshWindow: 10 * minute, random: () => 0 })
  const first = provider.getCredentials()
  open[0].resolve(key('a', at(hour)))
  await first
  advance(50 * minute - 1)
  t.is((provider.getCredentials() as Credentials).accessKeyId, 'a')
  t.is(asked(), 1)
  advance(1)
  t.is((provider.getCredentials() as Credentials).accessKeyId, 'a')
  t.is((provider.getCredentials() as Credentials).accessKeyId, 'a')
  t.is(asked(), 2)
  open[1].resolve(key('b', at(hour)))
  await settled()
  t.is((provider.getCredentials() as Credentials).accessKeyId, 'b')
})

test('chance moves the refresh within the first half of the window, and short lives have a short window', async t => {
  for (const [random, life, window, refreshAfter] of [
    [0, hour, 10 * minute, 50 * minute],
    [0.5, hour, 10 * minute, 52.5 * minute],
    [0.999999, hour, 10 * minute, 55 * minute - 1],
    [0, 3 * minute, 10 * minute, 2 * minute],
    [0, hour, 0, hour],
  ]) {
    const { clock, advance, at } = virtualClock()
    const { source, open, asked } = manualSource()
    const provider = new RefreshingCredentialsProvider(source, { clock, refreshWindow: window, random: () => random })
    const first = provider.getCredentials()
    open[0].resolve(key('a', at(life)))
    await first
    advance(refreshAfter - 1)
    provider.getCredentials()
    t.is(asked(), 1, `${random} ${life}`)
    advance(2)
    void provider.getCredentials()
    t.is(asked(), 2, `${random} ${life}`)
    open[1].resolve(key('b'))
    await settled()
  }
})

test('a failed refresh keeps valid credentials, and pauses between attempts grow', async t => {
  const { clock, advance, at } = virtualClock()
  const { source, open, asked } = manualSource()
  const provider = new RefreshingCredentialsProvider(source, { clock, random: () => 0.999999 })
  const first = provider.getCredentials()
  open[0].resolve(key('a', at(24 * hour)))
  await first
  advance(24 * hour - 5 * minute)
  const moments: number[] = []
  const end = clock() + 5 * minute
  while (clock() < end) {
    const before = asked()
    t.is((provider.getCredentials() as Credentials).accessKeyId, 'a')
    if (asked() > before) {
      moments.push(clock())
      open[asked() - 1].reject(new Error('STS is down'))
      await settled()
    }
    advance(500)
  }
  const pauses = moments.slice(1).map((moment, index) => moment - moments[index])
  t.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
  const last = provider.getCredentials() as Promise<Credentials>
  open.at(-1)?.reject(new Error('STS is still down'))
  const error = await t.throwsAsync(last, { instanceOf: CredentialsFetchError })
  t.is((error.cause as Error).message, 'STS is still down')
  t.true(error.retryable)
  const next = provider.getCredentials()
  open.at(-1)?.resolve(key('b', at(hour)))
  t.is((await next).accessKeyId, 'b', 'without credentials there is no pause')
})

test('an abort ends one wait and leaves the fetch to the others', async t => {
  const { source, open, asked } = manualSource()
  const provider = new RefreshingCredentialsProvider(source)
  const stop = new AbortController()
  const reason = new Error('enough')
  const aborted = provider.getCredentials(stop.signal) as Promise<Credentials>
  const waiting = provider.getCredentials()
  stop.abort(reason)
  t.is(await t.throwsAsync(aborted), reason)
  t.false(open[0].signal?.aborted)
  open[0].resolve(key('a'))
  t.is((await waiting).accessKeyId, 'a')
  t.is(asked(), 1)
  t.is((provider.getCredentials(stop.signal) as Credentials).accessKeyId, 'a', 'what is at hand costs no wait')
})

test('a fetch that everybody gave up still brings credentials, and its failure ends nothing', async t => {
  for (const fails of [false, true]) {
    const { source, open } = manualSource()
    const provider = new RefreshingCredentialsProvider(source)
    const stop = new AbortController()
    const aborted = provider.getCredentials(stop.signal) as Promise<Credentials>
    stop.abort(new Error('enough'))
    await t.throwsAsync(aborted, { message: 'enough' })
    if (fails) open[0].reject(new Error('late'))
    else open[0].resolve(key('a'))
    await settled()
    const next = provider.getCredentials()
    t.is(next instanceof Promise, fails)
    open[1]?.resolve(key('b'))
    t.is((await next).accessKeyId, fails ? 'b' : 'a')
  }
})

test('a source that never answers is given up', async t => {
  const { source, open } = manualSource()
  const provider = new RefreshingCredentialsProvider(source, { fetchTimeout: 1 })
  // The timer of the fetch does not keep a process alive.
  const alive = setTimeout(() => {}, 60_000)
  const error = await t.throwsAsync(provider.getCredentials() as Promise<Credentials>, {
    instanceOf: CredentialsFetchError,
  })
  clearTimeout(alive)
  t.true(error.cause instanceof TimeoutError)
  t.true(open[0].signal?.aborted)
})

test('refused credentials are replaced at once, but those that have been replaced already are left alone', async t => {
  const { clock, advance, at } = virtualClock()
  const { source, open, asked } = manualSource()
  const provider = new RefreshingCredentialsProvider(source, { clock })
  const first = provider.getCredentials()
  open[0].resolve(key('a', at(hour)))
  const old = await first
  provider.invalidate(key('other'))
  t.false(provider.getCredentials() instanceof Promise)
  provider.invalidate(old)
  const second = provider.getCredentials()
  t.is(asked(), 2)
  open[1].resolve(key('b', at(hour)))
  t.is((await second).accessKeyId, 'b')
  for (let late = 0; late < 100; late++) provider.invalidate(old)
  t.is((provider.getCredentials() as Credentials).accessKeyId, 'b')
  // A source that has only bad ones is not asked again for every request.
  provider.invalidate(key('b'))
  t.is((provider.getCredentials() as Credentials).accessKeyId, 'b')
  advance(5_000)
  provider.invalidate(key('b'))
  t.true(provider.getCredentials() instanceof Promise)
  t.is(asked(), 3)
  open[2].resolve(key('c'))
})

test('where refused credentials cannot be replaced they stay in use until they expire', async t => {
  const { clock, advance, at } = virtualClock()
  const { source, open, asked } = manualSource()
  const provider = new RefreshingCredentialsProvider(source, { clock, random: () => 0 })
  const first = provider.getCredentials()
  open[0].resolve(key('a', at(hour)))
  provider.invalidate(await first)
  const second = provider.getCredentials()
  open[1].reject(new Error('STS is down'))
  t.is((await second).accessKeyId, 'a')
  t.is((provider.getCredentials() as Credentials).accessKeyId, 'a')
  t.is(asked(), 2)
  advance(500)
  provider.getCredentials()
  t.is(asked(), 3, 'and the search goes on in the background')
  open[2].resolve(key('b'))
})

test('credentials without an end are kept for maxAge', async t => {
  const { clock, advance } = virtualClock()
  const { source, open, asked } = manualSource()
  const provider = new RefreshingCredentialsProvider(source, { clock, maxAge: hour, refreshWindow: 0 })
  const first = provider.getCredentials()
  open[0].resolve(key('a'))
  await first
  advance(hour - 1)
  provider.getCredentials()
  t.is(asked(), 1)
  advance(1)
  t.true(provider.getCredentials() instanceof Promise)
  open[1].resolve(key('b'))
})

test('credentials that arrive expired are tried for a minute: the clock here may be the one that is wrong', async t => {
  const { clock, advance, at } = virtualClock()
  const { source, open, asked } = manualSource()
  const provider = new RefreshingCredentialsProvider(source, { clock, random: () => 0 })
  const first = provider.getCredentials()
  open[0].resolve(key('a', at(-hour)))
  t.is((await first).accessKeyId, 'a')
  advance(39_999)
  t.is((provider.getCredentials() as Credentials).accessKeyId, 'a')
  t.is(asked(), 1)
  advance(20_001)
  t.true(provider.getCredentials() instanceof Promise)
  open[1].resolve(key('b'))
})

test('what a source gives is checked, and what it throws is told apart', async t => {
  const failure = async (source: () => unknown) =>
    t.throwsAsync(async () => new RefreshingCredentialsProvider(source as () => Credentials).getCredentials())
  for (const given of [undefined, null, {}, { accessKeyId: 'a' }, { accessKeyId: '', accessKeySecret: 'b' }]) {
    t.true((await failure(() => given)) instanceof CredentialsEmptyError)
  }
  t.true((await failure(() => key('a', new Date(Number.NaN)))) instanceof CredentialsFetchError)
  const own = new CredentialsEmptyError()
  t.is(await failure(() => Promise.reject(own)), own)
  const refused = new RequestError('no answer')
  const error = (await failure(() => {
    throw refused
  })) as CredentialsFetchError
  t.true(error instanceof CredentialsFetchError && error.retryable)
  t.is(error.cause, refused)
  const final = await failure(() => Promise.reject(new ParamInvalidError('x', 'y')))
  t.false((final as CredentialsFetchError).retryable)
})

test('a provider can be wrapped as well as a function; it hears of refusals; anonymous stays anonymous', async t => {
  const told: Credentials[] = []
  const provider = new RefreshingCredentialsProvider({
    getCredentials: () => key('a'),
    invalidate: credentials => void told.push(credentials),
  })
  const given = await provider.getCredentials()
  provider.invalidate(given)
  t.deepEqual(told, [given])
  t.true(isAnonymous(await new RefreshingCredentialsProvider(new AnonymousCredentialsProvider()).getCredentials()))
})

test('options are checked by name', t => {
  const field = (...args: unknown[]) =>
    t.throws(() => new RefreshingCredentialsProvider(...(args as [() => Credentials])), {
      instanceOf: ParamInvalidError,
    }).field
  const source = () => key('a')
  t.is(field(undefined), 'source')
  t.is(field({}), 'source')
  t.is(field(source, { refreshWindow: -1 }), 'refreshWindow')
  t.is(field(source, { maxAge: 0 }), 'maxAge')
  t.is(field(source, { fetchTimeout: Number.NaN }), 'fetchTimeout')
})

test('neither the provider nor what it gives shows a secret', async t => {
  const provider = new RefreshingCredentialsProvider(() => key('a'))
  showsNothing(t, provider, await provider.getCredentials(), provider)
})

type Step =
  | { do: 'ask'; abortable: boolean }
  | { do: 'abort'; which: number }
  | { do: 'answer'; life: number | undefined }
  | { do: 'fail' }
  | { do: 'advance'; by: number }
  | { do: 'refuse' }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('ask' as const), abortable: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('abort' as const), which: fc.nat(20) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      life: fc.option(fc.integer({ min: 1, max: 2 * hour }), { nil: undefined }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('fail' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('advance' as const), by: fc.nat(hour) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('refuse' as const) }) },
)

test('whatever the order of questions, answers, failures, aborts and refusals, the promises hold', async t => {
  t.timeout(120_000)
  let aborts = 0
  const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.nat(1000), async (steps, seed) => {
    const { clock, advance, at } = virtualClock()
    const { source, open, asked } = manualSource()
    const provider = new RefreshingCredentialsProvider(source, { clock, random: () => seed / 1001 })
    const expirations = new Map<string, number>()
    let finished = 0
    let latest: string | undefined
    const waits: { stop: AbortController | undefined; outcome: Promise<string>; done: () => boolean }[] = []
    const finish = async (how: (flight: (typeof open)[number]) => void) => {
      const flight = open[finished]
      if (flight === undefined) return
      finished += 1
      how(flight)
      await settled()
    }
    const valid = () => latest !== undefined && clock() < (expirations.get(latest) as number)
    for (const each of steps) {
      if (each.do === 'ask') {
        const stop = each.abortable ? new AbortController() : undefined
        const given = provider.getCredentials(stop?.signal)
        if (given instanceof Promise) {
          let done = false
          const outcome = given.then(
            ({ accessKeyId }) => `key ${accessKeyId}`,
            (error: Error) => `error ${error.constructor.name} ${stop?.signal.aborted && error === stop.signal.reason}`,
          )
          void outcome.then(() => {
            done = true
          })
          waits.push({ stop, outcome, done: () => done })
        } else {
          // At once only what is valid, and only the newest.
          if (given.accessKeyId !== latest || !valid()) throw new Error('gave what is not valid')
        }
      } else if (each.do === 'abort') {
        const wait = waits[each.which]
        if (wait?.stop && !wait.done()) {
          aborts += 1
          wait.stop.abort(new Error('enough'))
          if ((await wait.outcome) !== 'error Error true') throw new Error('an abort gave something else')
        }
      } else if (each.do === 'answer') {
        const name = `k${finished}`
        const expiration = each.life === undefined ? undefined : at(each.life)
        expirations.set(name, expiration?.getTime() ?? Number.POSITIVE_INFINITY)
        await finish(({ resolve }) => {
          latest = name
          resolve(key(name, expiration))
        })
      } else if (each.do === 'fail') {
        const before = valid()
        const present = waits.filter(wait => !wait.done())
        await finish(({ reject }) => reject(new Error('down')))
        // While the old ones are valid no failure is ever seen.
        if (before)
          for (const wait of present.filter(({ done }) => done())) {
            if (!(await wait.outcome).startsWith('key')) throw new Error('a failure reached a caller')
          }
      } else if (each.do === 'advance') advance(each.by)
      else if (latest !== undefined) provider.invalidate(key(latest))
      if (asked() - finished > 1) throw new Error('two fetches at once')
    }
    await finish(({ resolve }) => resolve(key('last')))
    // Nobody hangs once nothing is under way.
    for (const wait of waits) if (!wait.done()) throw new Error('a wait never ended')
  })
  await fc.assert(property, { numRuns: 1_500 })
  t.true(aborts > 0)
})
