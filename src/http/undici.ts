import type * as undici from 'undici'
// The main file also loads fetch, WebSocket, caches and mocks: a fifth of the time and of the memory that importing this
// whole package takes. The types do not cover its parts; tests do, against the version that is pinned.
// @ts-expect-error a part without types
import errorClasses from 'undici/lib/core/errors.js'
// @ts-expect-error a part without types
import agentClass from 'undici/lib/dispatcher/agent.js'

/** Sends requests to any number of hosts over kept connections. */
export const Agent: typeof undici.Agent = agentClass

/** An agent. */
export type Agent = undici.Agent

/** The classes of undici's errors. */
export const errors: typeof undici.errors = errorClasses
