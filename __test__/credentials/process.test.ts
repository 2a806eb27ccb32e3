import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import {
  type Credentials,
  CredentialsFetchError,
  ParamInvalidError,
  ParamRequiredError,
  type ProcessCredentialsOptions,
  ProcessCredentialsProvider,
  TimeoutError,
} from 'ferross'
import { splitCommand } from '#src/credentials/split-command.js'
import { withFolder } from '../helpers/with-server.js'
import { plain, showsNothing, virtualClock } from './services.js'

const lasting = { AccessKeyId: 'AK', AccessKeySecret: 's3cret' }
const temporary = { ...lasting, SecurityToken: 't0ken', Expiration: '2030-01-01T01:00:00Z' }

/** A provider whose command is a real Node process running this program. */
function running(program: string, options: ProcessCredentialsOptions = {}, ...args: string[]) {
  return new ProcessCredentialsProvider(process.execPath, ['-e', program, ...args], options)
}

const printing = (output: unknown, options?: ProcessCredentialsOptions) =>
  running(`process.stdout.write(${JSON.stringify(JSON.stringify(output))})`, options)

const failureOf = (provider: ProcessCredentialsProvider) => async () => provider.getCredentials()

test('every documented form of output is understood', async t => {
  const { clock } = virtualClock()
  const expiration = '2030-01-01T01:00:00.000Z'
  const key = { accessKeyId: 'AK', accessKeySecret: 's3cret' }
  const all = { ...key, securityToken: 't0ken', expiration }
  const cli = {
    access_key_id: 'AK',
    access_key_secret: 's3cret',
    sts_token: 't0ken',
    expiration: '2030-01-01T01:00:00Z',
  }
  for (const [output, expected] of [
    [lasting, key],
    [temporary, all],
    [{ ...temporary, Expiration: '2030-01-01T01:00:00' }, all],
    [{ ...temporary, Expiration: '2030-01-01T09:00:00+08:00' }, all],
    [{ ...temporary, Mode: 'StsToken' }, all],
    [{ ...lasting, Mode: 'AK', SecurityToken: '', Expiration: null }, key],
    [{ ...cli, mode: 'StsToken' }, all],
    [{ mode: 'AK', access_key_id: 'AK', access_key_secret: 's3cret' }, key],
  ] as const) {
    t.deepEqual(plain(await printing(output, { clock }).getCredentials()), expected, JSON.stringify(output))
  }
})

test('output that is no credentials is a lasting failure that names what is wrong and shows nothing of it', async t => {
  for (const [program, reason] of [
    ['console.log("s3cret, not JSON")', "the command's output is not JSON"],
    ['console.log("[]")', "the command's output has no AccessKeyId"],
    ['console.log("null")', "the command's output is not a JSON object"],
    [`console.log('{"AccessKeyId":"AK"}')`, "the command's output has no AccessKeySecret"],
    [
      `console.log('{"AccessKeyId":"AK","AccessKeySecret":{"s3cret":1}}')`,
      'has a AccessKeySecret that is not a string',
    ],
    [`console.log('${JSON.stringify({ ...lasting, Mode: 'StsToken' })}')`, 'has Mode StsToken but no SecurityToken'],
    [`console.log('${JSON.stringify({ ...lasting, Mode: 's3cret' })}')`, 'has a Mode other than AK and StsToken'],
    [`console.log('${JSON.stringify({ ...lasting, Expiration: 's3cret' })}')`, 'has an Expiration that is not a time'],
  ]) {
    const provider = running(program)
    const error = await t.throwsAsync(failureOf(provider), { instanceOf: CredentialsFetchError })
    t.true((error.cause as Error).message.endsWith(reason), `${(error.cause as Error).message} ≠ ${reason}`)
    t.false(error.retryable)
    showsNothing(t, error, provider)
  }
})

test('a command that fails is told by its exit, never by what it prints or was given', async t => {
  const fail = 'console.log("s3cret"); console.error("s3cret"); process.exit(3)'
  const missing = new ProcessCredentialsProvider('/no/such/program', ['--key', 's3cret'])
  const impossible = new ProcessCredentialsProvider(process.execPath, ['s3cret\0'])
  for (const [provider, reason] of [
    [running(fail, {}, 's3cret'), 'the command ended with exit code 3'],
    [running('process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 60000)'), 'the command ended with SIGTERM'],
    [missing, 'the command could not be started: ENOENT'],
    [impossible, 'the command could not be started: ERR_INVALID_ARG_VALUE'],
    [running('', { workingDirectory: '/no/such/folder' }), 'the command could not be started: ENOENT'],
  ] as const) {
    if (process.platform === 'win32' && reason.endsWith('SIGTERM')) continue
    const error = await t.throwsAsync(failureOf(provider), { instanceOf: CredentialsFetchError })
    t.is((error.cause as Error).message, reason)
    t.true(error.retryable)
    showsNothing(t, error, provider)
  }
})

test('a command that hangs is killed', async t => {
  // The connection of the process ends when it does.
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const ends: Promise<unknown>[] = []
  server.on('connection', socket => {
    socket.on('error', () => {}).resume()
    ends.push(once(socket, 'close'))
  })
  const provider = running(`require('net').connect(${(server.address() as AddressInfo).port})`, { timeout: 1_500 })
  const error = await t.throwsAsync(failureOf(provider), { instanceOf: CredentialsFetchError })
  t.true(error.cause instanceof TimeoutError)
  await Promise.all(ends)
})

test('a command that prints without end is stopped', async t => {
  const provider = running('const print = () => process.stdout.write("x".repeat(9999), print); print()')
  const error = await t.throwsAsync(failureOf(provider), { instanceOf: CredentialsFetchError })
  t.is((error.cause as Error).message, 'the command printed more than 65536 bytes')
})

test('arguments arrive as they are: there is no shell', async t => {
  const args = ['$HOME', '`id`', 'a \'b\' "c"', '; exit 1', '*', '']
  const program = `
    const given = process.argv.slice(1)
    console.log(JSON.stringify({ AccessKeyId: JSON.stringify(given), AccessKeySecret: process.env.SECRET }))`
  const provider = running(program, { environment: { PATH: process.env.PATH, SECRET: 'from-env' } }, ...args)
  const given = await provider.getCredentials()
  t.deepEqual(JSON.parse(given.accessKeyId), args)
  t.is(given.accessKeySecret, 'from-env')
})

test('the command runs again only when its credentials come to their end', async t => {
  const folder = withFolder(t)
  const { clock, advance } = virtualClock()
  const count = join(folder, 'count')
  writeFileSync(count, '0')
  const program = `
    const fs = require('fs')
    const runs = Number(fs.readFileSync(process.argv[1], 'utf8')) + 1
    fs.writeFileSync(process.argv[1], String(runs))
    const Expiration = new Date(Date.UTC(2030, 0, 1, runs)).toISOString()
    console.log(JSON.stringify({ AccessKeyId: 'AK' + runs, AccessKeySecret: 's3cret', SecurityToken: 't0ken', Expiration }))`
  const provider = running(program, { clock }, count)
  const together = await Promise.all(Array.from({ length: 20 }, () => provider.getCredentials()))
  t.deepEqual([...new Set(together.map(({ accessKeyId }) => accessKeyId))], ['AK1'])
  advance(40 * 60_000)
  t.is((provider.getCredentials() as Credentials).accessKeyId, 'AK1')
  advance(20 * 60_000)
  const given = await provider.getCredentials()
  t.is(given.accessKeyId, 'AK2')
  showsNothing(t, provider, given)
})

test('what cannot be run is reported on construction', t => {
  const make =
    (...args: unknown[]) =>
    () =>
      new ProcessCredentialsProvider(...(args as [string]))
  t.is(t.throws(make(''), { instanceOf: ParamRequiredError }).field, 'command')
  t.is(t.throws(make(5), { instanceOf: ParamInvalidError }).field, 'command')
  t.is(t.throws(make('a', 'b'), { instanceOf: ParamInvalidError }).field, 'args')
  t.is(t.throws(make('a', [5]), { instanceOf: ParamInvalidError }).field, 'args')
  t.is(t.throws(make('a', [], { timeout: 0 }), { instanceOf: ParamInvalidError }).field, 'timeout')
  t.is(t.throws(make('a', [], { stderr: 'pipe' }), { instanceOf: ParamInvalidError }).field, 'stderr')
})

test('a command line is split as a shell does, and nothing is expanded', t => {
  for (const [line, words] of [
    ['', []],
    ['  a   b\t c ', ['a', 'b', 'c']],
    [`'a b' "c d" e" "f`, ['a b', 'c d', 'e f']],
    [`"" ''`, ['', '']],
    [String.raw`a\ b \"c\" "d\"e" "f\g" 'h\i'`, ['a b', '"c"', 'd"e', String.raw`f\g`, String.raw`h\i`]],
    ['a $HOME *', ['a', '$HOME', '*']],
    ['a \\\n b', ['a', 'b']],
    ['a\\', ['a\\']],
  ] as const) {
    t.deepEqual(splitCommand(line, 'linux'), [...words], line)
  }
  t.deepEqual(splitCommand(String.raw`C:\tools\a.exe "D:\b c"`, 'win32'), [
    String.raw`C:\tools\a.exe`,
    String.raw`D:\b c`,
  ])
  t.throws(() => splitCommand(`a 'b`), { message: 'the command has a quote that is not closed' })
})
