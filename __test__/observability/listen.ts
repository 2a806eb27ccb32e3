import { type ChannelListener, subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ExecutionContext } from 'ava'
import type { AttemptEvent, DiagnosticsEvents, RequestEvent, TransferEvent } from 'ferross'

const names: (keyof DiagnosticsEvents)[] = [
  ...(['ferross:request:start', 'ferross:request:end', 'ferross:request:error'] as const),
  ...(['ferross:attempt:start', 'ferross:attempt:end', 'ferross:attempt:error'] as const),
  ...(['ferross:transfer:start', 'ferross:transfer:end', 'ferross:transfer:error'] as const),
]

/** Something that was published: the channel without `ferross:`, a copy of what the payload was then, and the payload. */
export interface Heard {
  name: string
  copy: RequestEvent & AttemptEvent & TransferEvent
  event: object
}

/** Notes what is published about a bucket: channels are the whole process's, and tests run at the same time. */
export function listenTo(t: ExecutionContext, bucket: string): Heard[] {
  const heard: Heard[] = []
  for (const name of names) {
    const listener: ChannelListener = message => {
      const event = message as { bucket?: string; request?: { bucket?: string } }
      if ((event.request ?? event).bucket !== bucket) return
      heard.push({ name: name.replace('ferross:', ''), copy: { ...event } as Heard['copy'], event })
    }
    subscribe(name, listener)
    t.teardown(() => unsubscribe(name, listener))
  }
  return heard
}

/** Names of what was heard, in order. */
export function namesOf(heard: readonly Heard[]): string[] {
  return heard.map(({ name }) => name)
}

/** The copies of what a channel brought. */
export function copiesOf(heard: readonly Heard[], name: string): Heard['copy'][] {
  return heard.filter(each => each.name === name).map(({ copy }) => copy)
}
