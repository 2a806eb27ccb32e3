import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import test from 'ava'
import { type CredentialsEvent, CredentialsFetchError, RefreshingCredentialsProvider } from 'ferross'
import { showsNothing, virtualClock } from '../credentials/services.js'

const minute = 60_000

/** A provider of its own class, by which its events are told from those of other tests. */
class WatchedProvider extends RefreshingCredentialsProvider {}

test('fetches of credentials are published, also one that fails while others are valid', async t => {
  const heard: [phase: string, event: CredentialsEvent, copy: CredentialsEvent][] = []
  for (const phase of ['start', 'end', 'error']) {
    const listener = (message: unknown) => {
      const event = message as CredentialsEvent
      if (event.provider === WatchedProvider.name) heard.push([phase, event, { ...event }])
    }
    subscribe(`ferross:credentials:${phase}`, listener)
    t.teardown(() => unsubscribe(`ferross:credentials:${phase}`, listener))
  }
  const { clock, advance, at } = virtualClock()
  const expiration = at(60 * minute)
  const failure = new Error('the metadata service is away')
  let down = false
  const provider = new WatchedProvider(
    async () => {
      if (down) throw failure
      return { accessKeyId: 'STS.id', accessKeySecret: 's3cret', securityToken: 't0ken', expiration }
    },
    { clock },
  )
  await provider.getCredentials()
  t.deepEqual(
    heard.map(([phase]) => phase),
    ['start', 'end'],
  )
  t.is(heard[0]?.[1], heard[1]?.[1])
  t.like(heard[1]?.[2], { accessKeyId: 'STS.id', validUntil: expiration, error: undefined })

  heard.length = 0
  down = true
  advance(59 * minute)
  t.is((await provider.getCredentials()).accessKeyId, 'STS.id', 'nobody notices')
  await new Promise(setImmediate)
  t.deepEqual(
    heard.map(([phase]) => phase),
    ['start', 'error'],
  )
  t.like(heard[1]?.[2], { accessKeyId: undefined, validUntil: expiration, error: failure })

  heard.length = 0
  advance(2 * minute)
  await t.throwsAsync(async () => provider.getCredentials(), { instanceOf: CredentialsFetchError })
  t.like(heard[1], { 0: 'error', 2: { validUntil: undefined, error: failure } })
  showsNothing(t, ...heard.flat())
})
