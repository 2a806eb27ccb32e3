import type { HttpClient, HttpRequest, HttpResponse } from '../http/http-client.js'
import { arrivedWith } from '../pipeline/answer.js'
import { type ThroughputLimits, ThroughputWatch } from './throughput.js'

/**
 * Puts a {@link ThroughputWatch} on the bodies that are received, and on nothing else: for small requests, whose bytes lie in
 * memory and are left to the transport's own deadline. A body that drips is destroyed, for which no signal is needed.
 *
 * @param owner whose HTTP client is used: the one it has at the moment of the request, since a client that is closed has another
 */
export function watchBodies(owner: { readonly httpClient: HttpClient }, limits: ThroughputLimits): HttpClient {
  const send = (request: HttpRequest) => owner.httpClient.send(request)
  if (limits.minThroughput === 0) return { send }
  return { send: async request => watched(await send(request), limits) }
}

function watched(response: HttpResponse, limits: ThroughputLimits): HttpResponse {
  if (arrivedWith(response) !== undefined) return response
  const { statusCode, headers, body } = response
  if (body.closed) return response
  const flow = new ThroughputWatch(limits, error => body.destroy(error))
  body.once('close', () => flow.end())
  return { statusCode, headers, body, flow }
}
