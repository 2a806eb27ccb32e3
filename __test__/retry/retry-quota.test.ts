import test from 'ava'
import { RequestError, TimeoutError } from '#src/errors.js'
import { RetryQuota, throwUnanswered } from '#src/retry/retry-quota.js'

const broken = (code: string, bytesRead?: number) => {
  const socket = bytesRead === undefined ? {} : { socket: { bytesRead } }
  return new RequestError('no answer', { cause: Object.assign(new Error('broken'), { code, ...socket }) })
}
const unanswered = (error: RequestError) => {
  try {
    return throwUnanswered(error)
  } catch {
    return error
  }
}

test('retries take tokens until there are not enough', t => {
  const quota = new RetryQuota(22)
  t.is(quota.take(new Error('answer'), 1), 5)
  t.is(quota.take(new TimeoutError('readwrite', 5), 1), 10)
  t.is(quota.take(new RequestError('refused'), 1), undefined)
  t.is(quota.take(new Error('answer'), 1), 5)
  t.is(quota.left, 2)
})

test('success gives back what was taken, at least one, and never more than there were', t => {
  const quota = new RetryQuota(20)
  quota.take(new RequestError('refused'), 1)
  quota.take(new Error('answer'), 2)
  quota.succeeded(0)
  t.is(quota.left, 6)
  quota.succeeded(10)
  t.is(quota.left, 16)
  quota.succeeded(10)
  t.is(quota.left, 20)
})

test('500 tokens unless told otherwise, and 0 stands for no limit', t => {
  t.is(new RetryQuota().left, 500)
  const unlimited = new RetryQuota(0)
  for (let count = 0; count < 1000; count++) t.is(unlimited.take(new RequestError('refused'), 1), 10)
})

test('a kept connection that was closed meanwhile costs nothing', t => {
  const quota = new RetryQuota(100)
  t.is(quota.take(unanswered(broken('UND_ERR_SOCKET', 700)), 3), 0)
  t.is(quota.take(unanswered(broken('ECONNRESET')), 1), 0)
  t.is(quota.take(unanswered(broken('EPIPE')), 1), 0)
  t.is(quota.left, 100)
})

test('a new connection, later failures, other failures and answers that break off do cost', t => {
  const quota = new RetryQuota(100)
  t.is(quota.take(unanswered(broken('UND_ERR_SOCKET', 0)), 1), 10)
  t.is(quota.take(unanswered(broken('ECONNRESET')), 2), 10)
  t.is(quota.take(unanswered(broken('ECONNREFUSED')), 1), 10)
  t.is(quota.take(broken('UND_ERR_SOCKET', 700), 1), 10)
})
