import test from 'ava'
import * as errors from '#src/errors.js'
import { FixedDelayBackoff } from '#src/retry/backoff.js'
import { NopRetryer } from '#src/retry/nop-retryer.js'
import { defaultErrorRetryables, StandardRetryer } from '#src/retry/standard-retryer.js'
import { goldenFile } from '../helpers/golden-cases.js'

interface Recorded {
  defaults: { maxAttempts: number; baseDelaySeconds: number; maxBackoffSeconds: number }
  statuses: { status: number; retryable: boolean }[]
  codes: { code: string; retryable: boolean }[]
  clientErrors: { kind: string; retryable: boolean }[]
}

const recorded = goldenFile<Recorded>('retry')
const retryer = new StandardRetryer()

function serviceError(statusCode: number, code: string): errors.ServiceError {
  const texts = { message: '', requestId: '', ec: '', requestTarget: '', snapshot: '' }
  return new errors.ServiceError({ statusCode, code, ...texts, headers: {}, details: {} })
}

const kinds: Record<string, () => unknown> = {
  'request-error': () => new errors.RequestError('refused'),
  'response-error': () => new errors.ResponseError('cut short'),
  'crc-inconsistent': () => new errors.InconsistentError('1', '2'),
  'credentials-fetch-error': () => new errors.CredentialsFetchError(new Error('down')),
  'credentials-empty': () => new errors.CredentialsEmptyError(),
  'param-required': () => new errors.ParamRequiredError('bucket'),
  serialization: () => new errors.SerializationError('both'),
  deserialization: () => new errors.DeserializationError('not XML'),
  other: () => new Error('other'),
}

test('the recorded statuses, codes and kinds of error are there', t => {
  t.deepEqual([recorded.statuses.length, recorded.codes.length, recorded.clientErrors.length], [14, 6, 9])
})

for (const { status, retryable } of recorded.statuses) {
  test(`status ${status} is ${retryable ? '' : 'not '}retried`, t => {
    t.is(retryer.isRetryable(serviceError(status, 'Any')), retryable)
  })
}

for (const { code, retryable } of recorded.codes) {
  test(`code ${code} is ${retryable ? '' : 'not '}retried`, t => {
    t.is(retryer.isRetryable(serviceError(403, code)), retryable)
  })
}

for (const { kind, retryable } of recorded.clientErrors) {
  test(`${kind} is ${retryable ? '' : 'not '}retried`, t => {
    t.is(retryer.isRetryable(kinds[kind]!()), retryable)
  })
}

test('the defaults are the recorded ones', t => {
  t.is(retryer.maxAttempts, recorded.defaults.maxAttempts)
  for (let attempt = 1; attempt < 12; attempt++) {
    const most = Math.min(recorded.defaults.baseDelaySeconds * 2 ** attempt, recorded.defaults.maxBackoffSeconds) * 1000
    const delay = retryer.delay(attempt, undefined)
    t.true(delay >= 0 && delay <= most)
  }
})

test('an abort and things that are no errors are not retried', t => {
  for (const reason of [AbortSignal.abort().reason, 'text', undefined, null]) t.false(retryer.isRetryable(reason))
})

test('own checks replace the default ones or add to them', t => {
  const mine = (error: unknown) => error === 'mine'
  const only = new StandardRetryer({ errorRetryables: [mine] })
  const also = new StandardRetryer({ errorRetryables: [...defaultErrorRetryables, mine] })
  t.true(only.isRetryable('mine'))
  t.false(only.isRetryable(serviceError(500, '')))
  t.true(also.isRetryable('mine'))
  t.true(also.isRetryable(serviceError(500, '')))
})

test('fewer than one attempt means one, and the backoff given is used', t => {
  const given = new StandardRetryer({ maxAttempts: -5, backoff: new FixedDelayBackoff(7) })
  t.is(given.maxAttempts, 1)
  t.is(given.delay(3, undefined), 7)
})

test('unusable options are refused by name', t => {
  const field = (options: object) =>
    t.throws(() => new StandardRetryer(options), { instanceOf: errors.ParamInvalidError }).field
  for (const maxAttempts of [1.5, Number.NaN, '3']) t.is(field({ maxAttempts }), 'maxAttempts')
  for (const backoff of [{}, null, 5]) t.is(field({ backoff }), 'backoff')
  for (const errorRetryables of [[1], null, {}]) t.is(field({ errorRetryables }), 'errorRetryables')
})

test('no retryer at all tries once', t => {
  const none = new NopRetryer()
  t.is(none.maxAttempts, 1)
  t.false(none.isRetryable())
  t.is(none.delay(), 0)
})
