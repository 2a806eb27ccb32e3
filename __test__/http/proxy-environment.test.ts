import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'
import * as certificates from '../helpers/certificates.js'
import { listen } from '../helpers/listen.js'
import { startProxy } from '../helpers/proxy-server.js'

const run = promisify(execFile)

/** Runs a program in a process of its own, whose variables cannot disturb other tests, and gives what it prints. */
async function execute(program: string, variables: Record<string, string>): Promise<string> {
  const { PATH = '' } = process.env
  const env = { PATH, ...variables }
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], { env })
  return stdout.trim()
}

/** Sends one request and gives its status, or what went wrong. */
async function send(endpoint: string, variables: Record<string, string>, options = ''): Promise<string> {
  return execute(
    `
    import { AnonymousCredentialsProvider, Client, NopRetryer } from 'ferross'
    const client = new Client({
      endpoint: ${JSON.stringify(endpoint)}, region: 'cn-hangzhou', usePathStyle: true,
      credentialsProvider: new AnonymousCredentialsProvider(), retryer: new NopRetryer(),
      ca: ${JSON.stringify(certificates.authority.toString())},
      lookup: (name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]), ${options}
    })
    const outcome = await client.headObject({ bucket: 'examplebucket', key: 'k' }).catch(error => error)
    console.log(outcome.statusCode ?? outcome.message)
    await client.close()`,
    variables,
  )
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

test('STS is asked by way of the proxy of the environment, the metadata service never is', async t => {
  const sts = await listen(t, (_request, response) =>
    response.end(
      JSON.stringify({
        Credentials: {
          AccessKeyId: 'sts-key',
          AccessKeySecret: 'secret',
          SecurityToken: 'token',
          Expiration: '2100-01-01T00:00:00Z',
        },
      }),
    ),
  )
  const proxy = await startProxy(t, { resolve: () => ({ host: '127.0.0.1', port: sts.port }) })
  const program = (provider: string) => `
    import { EcsRamRoleCredentialsProvider, RamRoleArnCredentialsProvider, StaticCredentialsProvider } from 'ferross'
    const outcome = await ${provider}.getCredentials().catch(error => error)
    console.log(outcome.accessKeyId ?? outcome.code)
    process.exit()
  `
  const role = `new RamRoleArnCredentialsProvider({
    credentialsProvider: new StaticCredentialsProvider('ak', 'sk'), roleArn: 'acs:ram::1:role/r',
    stsEndpoint: 'http://sts.example.test',
  })`
  t.is(await execute(program(role), { http_proxy: proxy.url }), 'sts-key')
  t.regex(proxy.asked[0]?.target ?? '', /^http:\/\/sts\.example\.test\//)
  const asked = proxy.asked.length
  const metadata = "new EcsRamRoleCredentialsProvider({ metadataEndpoint: 'http://metadata.invalid' })"
  t.not(await execute(program(metadata), { http_proxy: proxy.url }), 'sts-key')
  t.is(proxy.asked.length, asked)
})
