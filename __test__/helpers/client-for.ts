import type { ExecutionContext } from 'ava'
import { Client, type ClientOptions, NopRetryer, StaticCredentialsProvider } from 'ferross'
import * as certificates from './certificates.js'

/** A client of an endpoint that trusts the authority of the tests and does not retry, closed with the test. */
export function clientFor(t: ExecutionContext, endpoint: string, options: ClientOptions = {}): Client {
  const client = new Client({
    region: 'cn-hangzhou',
    credentialsProvider: new StaticCredentialsProvider('ak', 'sk'),
    endpoint,
    usePathStyle: true,
    retryer: new NopRetryer(),
    ...(options.httpClient || options.dispatcher ? {} : { ca: certificates.authority }),
    ...options,
  })
  t.teardown(() => client.close())
  return client
}
