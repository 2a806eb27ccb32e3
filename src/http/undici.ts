// undici's main file loads fetch, WebSocket, caches and mocks, which nobody uses here: 10 MiB and 100 ms at every start.

import type { Agent as AgentType, errors as ErrorsType } from 'undici'
import errorClasses from 'undici/lib/core/errors.js'
import agentClass from 'undici/lib/dispatcher/agent.js'

/** undici's pool of connections to any number of hosts. */
export const Agent: typeof AgentType = agentClass
/** undici's errors. They are recognised across copies of undici. */
export const errors: typeof ErrorsType = errorClasses
