import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { loadAddon } from '#src/native/load.js'
import { addonEngine, temporaryFolder } from './engines.js'

const index = new URL('../../../dist/native/index.js', import.meta.url).href
const script = `
  const { getEngine, nativeStatus } = await import(${JSON.stringify(index)})
  const report = { status: nativeStatus() }
  try { report.kind = getEngine().kind } catch (error) { report.error = { name: error.name, code: error.code, message: error.message } }
  console.log(JSON.stringify(report))`

const { version } = JSON.parse(readFileSync('package.json', 'utf8'))

/** What a process started with the setting reports. */
async function report(setting: string | undefined) {
  const env = { ...process.env, FERROSS_NATIVE: setting }
  if (setting === undefined) delete env.FERROSS_NATIVE
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env })
  return JSON.parse(stdout)
}

test('FERROSS_NATIVE=off takes the fallback and says so', async t => {
  t.deepEqual(await report('off'), { status: { loaded: false, reason: 'FERROSS_NATIVE is off' }, kind: 'fallback' })
})

test('a path that cannot be loaded is an error, not a silent fallback', async t => {
  const path = join(await temporaryFolder(t), 'broken.node')
  await writeFile(path, 'not a library')
  const { status, kind, error } = await report(path)
  t.is(kind, undefined)
  t.false(status.loaded)
  t.true(status.reason.includes('broken.node'))
  t.like(error, { name: 'OssError', code: 'NativeUnavailable' })
  t.true(error.message.includes('broken.node'))
})

const withAddon = addonEngine ? test : test.skip

withAddon('the addon is loaded where there is one, and tells its path and version', async t => {
  for (const setting of [undefined, '', 'require']) {
    const { status, kind } = await report(setting)
    t.is(kind, 'addon')
    t.true(status.loaded)
    t.true(status.path.endsWith('.node'))
    t.is(status.version, version, 'Cargo.toml and package.json agree')
  }
})

withAddon('a path loads that file', async t => {
  const { status } = await report(undefined)
  t.deepEqual(await report(status.path), { status, kind: 'addon' })
})

test('looking for the addon never throws', t => {
  t.true('reason' in loadAddon('/no/such/file.node'))
})
