import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'
import * as certificates from '../helpers/certificates.js'
import { listen } from '../helpers/listen.js'
import { startProxy } from '../helpers/proxy-server.js'

const run = promisify(execFile)

/** Sends one request from a process of its own, whose variables cannot disturb other tests. */
async function send(endpoint: string, variables: Record<string, string>, options = ''): Promise<string> {
  const program = `
    import { AnonymousCredentialsProvider, Client, NopRetryer } from 'ferross'
    const client = new Client({
      endpoint: ${JSON.stringify(endpoint)}, region: 'cn-hangzhou', usePathStyle: true,
      credentialsProvider: new AnonymousCredentialsProvider(), retryer: new NopRetryer(),
      ca: ${JSON.stringify(certificates.authority.toString())},
      lookup: (name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]), ${options}
    })
    const outcome = await client.headObject({ bucket: 'examplebucket', key: 'k' }).catch(error => error)
    console.log(outcome.statusCode ?? outcome.message)
    await client.close()
  `
  const { PATH = '' } = process.env
  const env = { PATH, ...variables }
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], { env })
  return stdout.trim()
}

test('the proxy of the environment is used unless the client is told not to', async t => {
  const target = await listen(t, (_request, response) => response.end(), { tls: {} })
  const proxy = await startProxy(t, { credentials: 'user:secret' })
  const variables = { HTTPS_PROXY: proxy.url.replace('://', '://user:secret@') }
  const endpoint = `https://oss.example.test:${target.port}`
  const resolved = await startProxy(t, { resolve: (_host, port) => ({ host: '127.0.0.1', port }) })
  t.is(await send(endpoint, { https_proxy: resolved.url }), '200')
  t.is(resolved.asked[0]?.target, `oss.example.test:${target.port}`)
  t.is(await send(endpoint, variables, 'proxyFromEnvironment: false'), '200')
  t.is(await send(endpoint, { ...variables, NO_PROXY: '.example.test' }), '200')
  t.is(await send(endpoint, variables, `noProxy: 'example.test:${target.port}'`), '200')
  t.is(await send(endpoint, variables, `proxyHost: '${resolved.url}'`), '200')
  t.is(proxy.asked.length, 0)
  t.is(resolved.asked.length, 2)
})

test('an endpoint on this machine is reached directly, whatever the environment says', async t => {
  const target = await listen(t, (_request, response) => response.end())
  const dead = 'http://127.0.0.1:1'
  const all = { http_proxy: dead, https_proxy: dead, ALL_PROXY: 'socks5://127.0.0.1:1' }
  t.is(await send(target.url, all), '200')
  t.is(await send(`http://localhost:${target.port}`, { ALL_PROXY: 'socks5://127.0.0.1:1' }), '200')
  t.regex(await send('https://oss.example.test', { ALL_PROXY: 'socks5://127.0.0.1:1' }), /ALL_PROXY/)
})
