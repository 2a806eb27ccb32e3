/** Files of undici that have no declarations of their own. */
declare module 'undici/lib/dispatcher/agent.js' {
  import { Agent } from 'undici'
  export default Agent
}
declare module 'undici/lib/core/errors.js' {
  import { errors } from 'undici'
  export default errors
}
