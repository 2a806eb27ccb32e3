import test from 'ava'
import { ServiceError } from '#src/errors.js'
import { isThrottled, requestedDelay } from '#src/retry/requested-delay.js'

function answer(statusCode: number, delay?: string): ServiceError {
  const texts = { code: 'Any', message: '', requestId: '', ec: '', requestTarget: '', snapshot: '' }
  return new ServiceError({
    statusCode,
    ...texts,
    headers: delay === undefined ? {} : { 'x-oss-qos-delay-time': delay },
    details: {},
  })
}

test('only answers that say there are too many requests ask for a delay', t => {
  t.true(isThrottled(answer(503)))
  t.true(isThrottled(answer(429)))
  t.false(isThrottled(answer(500)))
  t.false(isThrottled(new Error('other')))
  t.is(requestedDelay(answer(503, '1500')), 1500)
  t.is(requestedDelay(answer(500, '1500')), 0)
  t.is(requestedDelay(undefined), 0)
})

test('what is no delay is none, and nobody waits for hours', t => {
  for (const text of ['soon', '-5', '', 'NaN', 'Infinity']) t.is(requestedDelay(answer(503, text)), 0, text)
  t.is(requestedDelay(answer(503)), 0)
  t.is(requestedDelay(answer(503, '99999999')), 60_000)
})

test('Retry-After counts too, as seconds or as a time by the clock of whoever wrote it', t => {
  const asked = (headers: Record<string, string>) => {
    const error = answer(429)
    Object.assign(error.headers, headers)
    return requestedDelay(error)
  }
  t.is(asked({ 'retry-after': '7' }), 7000)
  t.is(asked({ 'retry-after': '7', 'x-oss-qos-delay-time': '8000' }), 8000)
  t.is(asked({ 'retry-after': '9', 'x-oss-qos-delay-time': '8000' }), 9000)
  const date = 'Sun, 17 Dec 2023 03:30:09 GMT'
  t.is(asked({ 'retry-after': 'Sun, 17 Dec 2023 03:30:20 GMT', date }), 11_000)
  t.is(asked({ 'retry-after': 'Sun, 17 Dec 2023 03:30:00 GMT', date }), 0)
  t.is(asked({ 'retry-after': 'Sun, 17 Dec 2023 03:30:00 GMT' }), 0)
  t.is(asked({ 'retry-after': '86400' }), 60_000)
  for (const text of ['soon', '-5', '', '1.5x']) t.is(asked({ 'retry-after': text }), 0, text)
})
