import test from 'ava'
import { run, withProgram } from './helpers.js'

const commands = ['cp', 'sync', 'ls', 'stat', 'cat', 'rm', 'presign', 'mb', 'rb', 'call', 'serve']

test('without a command the commands are shown, with exit status 2', async t => {
  const { code, out } = await run([])
  t.is(code, 2)
  for (const name of commands) t.true(out.includes(`\n  ${name} `), name)
  t.is((await run(['--help'])).code, 0)
  t.regex((await run(['--version'])).out, /^\d+\.\d+\.\d+\n$/)
})

for (const name of commands) {
  test(`${name} --help shows how it is used and needs no credentials`, async t => {
    const { code, out, error } = await run([name, '--help'])
    t.is(code, 0)
    t.true(out.startsWith(`usage: ferross ${name}`), out)
    t.is(error, '')
  })
}

for (const args of [
  ['frobnicate'],
  ['cp', 'one'],
  ['cp', 'a', 'b'],
  ['cp', '--no-such-option', 'a', 'oss://b/'],
  ['cp', '-r', '--job', '0', 'a', 'oss://bucket/'],
  ['cp', '--part-size', 'many', 'a', 'oss://bucket/'],
  ['ls', '--output-format', 'xml'],
  ['ls', 'bucket'],
  ['stat', 'oss:///key'],
  ['rm', 'oss://bucket'],
  ['rm', '-r', 'oss://bucket'],
  ['rm', '-m', '--older-than', 'long', 'oss://bucket'],
  ['cat', '--range', 'x', 'oss://bucket/key'],
  ['presign', '--method', 'POST', 'oss://bucket/key'],
  ['mb', 'oss://bucket/key'],
  ['sync', '--compare', 'magic', '.', 'oss://bucket'],
  ['call', 'noSuchOperation'],
  ['call', 'putBucket', '--json', '{'],
  ['call', 'putBucket', '--json', '[]'],
]) {
  test(`exit status 2 and a word about it: ${args.join(' ')}`, async t => {
    const { code, out, error } = await run(args, { OSS_ENDPOINT: 'http://127.0.0.1:1', OSS_REGION: 'cn-hangzhou' })
    t.is(code, 2)
    t.is(out, '')
    t.true(error.startsWith('ferross: '))
    t.notRegex(error, /\n +at /)
  })
}

test('a missing region is a matter of usage', async t => {
  const { code, error } = await run(['ls'])
  t.is(code, 2)
  t.regex(error, /--region or set OSS_REGION/)
})

test('missing credentials are named in one line', async t => {
  const { code, error } = await run(['ls'], { OSS_ENDPOINT: 'http://127.0.0.1:1', OSS_REGION: 'cn-hangzhou' })
  t.is(code, 1)
  t.regex(error, /^ferross: CredentialsEmpty: .*\n$/)
})

test('an error of the service is one line with its code, request id and EC, and no secret', async t => {
  const { ferross, environment } = await withProgram(t)
  const { code, out, error } = await ferross('cat', 'oss://examplebucket/missing')
  t.is(code, 1)
  t.is(out, '')
  t.regex(error, /^ferross: NoSuchKey: .*\(GetObject, status 404, request id [0-9A-F]+, EC \d{4}-\d{8}\)\n$/)
  const wrong = await run(['ls'], { ...environment, OSS_ACCESS_KEY_SECRET: 'a-wrong-secret-value' })
  t.is(wrong.code, 1)
  t.regex(wrong.error, /^ferross: SignatureDoesNotMatch: .*\n$/)
  t.false(wrong.error.includes('a-wrong-secret-value'))
  t.false(wrong.error.includes(environment.OSS_ACCESS_KEY_SECRET as string))
})
