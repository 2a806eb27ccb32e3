import test from 'ava'
import { onAbort } from '#src/internal/on-abort.js'

test('listeners are called once and in order, those that have left are not', t => {
  const stop = new AbortController()
  const heard: string[] = []
  const leaves = ['a', 'b', 'c', 'd'].map(name => onAbort(stop.signal, () => void heard.push(name)))
  leaves[1]?.()
  leaves[1]?.()
  leaves[3]?.()
  onAbort(stop.signal, () => void heard.push('e'))
  stop.abort()
  t.deepEqual(heard, ['a', 'c', 'e'])
  for (const leave of leaves) leave()
  stop.abort()
  t.is(heard.length, 3)
})

test('a listener may leave for another, and come when it is too late to wait', t => {
  const stop = new AbortController()
  const heard: string[] = []
  onAbort(stop.signal, () => {
    heard.push('first')
    leaveSecond()
    onAbort(stop.signal, () => void heard.push('late'))
  })
  const leaveSecond = onAbort(stop.signal, () => void heard.push('second'))
  onAbort(stop.signal, () => void heard.push('third'))
  stop.abort()
  t.deepEqual(heard, ['first', 'late', 'third'])
  onAbort(undefined, () => t.fail())()
})

test('one function that listens twice is heard twice, and leaves one at a time', t => {
  const stop = new AbortController()
  let heard = 0
  const listener = () => void heard++
  const leave = onAbort(stop.signal, listener)
  onAbort(stop.signal, listener)
  onAbort(stop.signal, listener)
  leave()
  stop.abort()
  t.is(heard, 2)
})
