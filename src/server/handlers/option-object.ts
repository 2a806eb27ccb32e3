import { corsHeaders } from '../cors.js'
import { Failure } from '../failure.js'
import type { Handlers } from '../handler.js'

/** What browsers ask before a request to another origin. */
export const optionObjectHandlers: Handlers = {
  optionObject: call => {
    const { headers } = call.incoming
    const { origin, 'access-control-request-method': method, 'access-control-request-headers': wanted = '' } = headers
    if (origin === undefined || method === undefined) {
      throw new Failure('BadRequest', {
        message: 'Insufficient information. Origin request header needed and Access-Control-Request-Method too.',
      })
    }
    const names = wanted.split(',').flatMap(name => (name.trim() === '' ? [] : [name.trim()]))
    const permitted = corsHeaders(call.bucket, { origin, method, headers: names })
    if (permitted === undefined) {
      throw new Failure('AccessForbidden', {
        details: { Method: method, ResourceType: 'OBJECT', Origin: origin },
      })
    }
    return { headers: permitted }
  },
}
