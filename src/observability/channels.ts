import { type Channel, channel } from 'node:diagnostics_channel'
import type { DiagnosticsEvents } from './events.js'

/** The three channels of one kind of event. */
export interface EventChannels {
  readonly start: Channel
  readonly end: Channel
  readonly error: Channel
}

const named = (name: keyof DiagnosticsEvents) => channel(name)

/** Calls of operations. */
export const requests: EventChannels = {
  start: named('ferross:request:start'),
  end: named('ferross:request:end'),
  error: named('ferross:request:error'),
}
/** Attempts of calls. */
export const attempts: EventChannels = {
  start: named('ferross:attempt:start'),
  end: named('ferross:attempt:end'),
  error: named('ferross:attempt:error'),
}
/** Transfers. */
export const transfers: EventChannels = {
  start: named('ferross:transfer:start'),
  end: named('ferross:transfer:end'),
  error: named('ferross:transfer:error'),
}
/** Fetches of credentials. */
export const credentials: EventChannels = {
  start: named('ferross:credentials:start'),
  end: named('ferross:credentials:end'),
  error: named('ferross:credentials:error'),
}

/** Whether anybody listens. */
export function isHeard({ start, end, error }: EventChannels): boolean {
  return start.hasSubscribers || end.hasSubscribers || error.hasSubscribers
}
