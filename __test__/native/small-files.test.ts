import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { ParamInvalidError } from 'ferross'
import { engines, noise, temporaryFolder } from './engines.js'

const posix = process.platform === 'win32' ? test.skip : test
const temporary = 'file.tmp'

/** A folder of the test's own, by the path that leads over no link. */
async function root(t: ExecutionContext): Promise<string> {
  return realpath(await temporaryFolder(t))
}

for (const engine of engines) {
  test(`${engine.kind}: a small file is read as a whole, one that does not fit is left`, async t => {
    const path = join(await root(t), 'file')
    const buffer = Buffer.alloc(1000, 7)
    for (const length of [0, 1, 999, 1000]) {
      const content = noise(length)
      writeFileSync(path, content)
      t.is(await engine.readSmallFile(path, buffer, false), length)
      t.true(buffer.subarray(0, length).equals(content))
    }
    buffer.fill(7)
    writeFileSync(path, noise(1001))
    t.is(await engine.readSmallFile(path, buffer, true), undefined)
    t.true(
      buffer.every(byte => byte === 7),
      'nothing was read',
    )
  })

  test(`${engine.kind}: what is no file is refused as the system does`, async t => {
    const folder = await root(t)
    const buffer = Buffer.alloc(10)
    const code = async (path: string) =>
      (await t.throwsAsync<NodeJS.ErrnoException>(engine.readSmallFile(path, buffer, true))).code
    t.is(await code(folder), 'EISDIR')
    t.is(await code(join(folder, 'missing')), 'ENOENT')
    const error = await t.throwsAsync<NodeJS.ErrnoException>(engine.readSmallFile(join(folder, 'x'), buffer, true))
    t.is(error.path, join(folder, 'x'))
    t.is(error.message, `ENOENT: no such file or directory, open '${join(folder, 'x')}'`)
  })

  posix(`${engine.kind}: a link is read only when links are followed`, async t => {
    const folder = await root(t)
    writeFileSync(join(folder, 'file'), 'content')
    symlinkSync('file', join(folder, 'link'))
    const buffer = Buffer.alloc(10)
    t.is(await engine.readSmallFile(join(folder, 'link'), buffer, true), 7)
    await t.throwsAsync(engine.readSmallFile(join(folder, 'link'), buffer, false), { code: 'ELOOP' })
  })

  test(`${engine.kind}: a file appears in an open folder with its content and its time, and nothing else does`, async t => {
    const path = await root(t)
    mkdirSync(join(path, 'a/b'), { recursive: true })
    const folder = await (await engine.openFolder(path)).open(['a', 'b'])
    for (const [index, fsync] of [true, false].entries()) {
      const modifiedMs = 1_500_000_000_000 + index * 1000
      const content = noise(5000, index)
      const options = { temporary, fsync, modifiedMs, replace: index > 0 }
      t.is(await folder.writeFile('file', content, options), 'written')
      t.true(readFileSync(join(path, 'a/b/file')).equals(content))
      t.is(statSync(join(path, 'a/b/file')).mtimeMs, modifiedMs)
    }
    const before = Date.now() - 5000
    t.is(await folder.writeFile('empty', Buffer.alloc(0), { temporary }), 'written')
    t.true(statSync(join(path, 'a/b/empty')).mtimeMs > before)
    t.deepEqual(readdirSync(join(path, 'a/b')), ['empty', 'file'])
    folder.close()
  })

  test(`${engine.kind}: a file is replaced only when that is wanted, a folder never`, async t => {
    const path = await root(t)
    writeFileSync(join(path, 'file'), 'old')
    mkdirSync(join(path, 'folder'))
    const folder = await engine.openFolder(path)
    t.is(await folder.writeFile('file', Buffer.from('new'), { temporary }), 'exists')
    t.is(readFileSync(join(path, 'file'), 'utf8'), 'old')
    t.is(await folder.writeFile('file', Buffer.from('new'), { temporary, replace: true }), 'written')
    t.is(readFileSync(join(path, 'file'), 'utf8'), 'new')
    for (const replace of [true, false])
      await t.throwsAsync(folder.writeFile('folder', Buffer.from('new'), { temporary, replace }), { code: 'EISDIR' })
    writeFileSync(join(path, temporary), 'of somebody else')
    await t.throwsAsync(folder.writeFile('other', Buffer.from('new'), { temporary }), { code: 'EEXIST' })
    t.is(readFileSync(join(path, temporary), 'utf8'), 'of somebody else')
    t.deepEqual(readdirSync(path), ['file', temporary, 'folder'])
    folder.close()
  })

  posix(`${engine.kind}: a link in the place of a file is replaced, and not followed`, async t => {
    const [path, outside] = [await root(t), await root(t)]
    writeFileSync(join(outside, 'victim'), 'precious')
    symlinkSync(join(outside, 'victim'), join(path, 'file'))
    const folder = await engine.openFolder(path)
    t.is(await folder.writeFile('file', Buffer.from('new'), { temporary }), 'written')
    t.false(lstatSync(join(path, 'file')).isSymbolicLink())
    t.is(readFileSync(join(outside, 'victim'), 'utf8'), 'precious')
    folder.close()
  })

  posix(`${engine.kind}: links are not entered, and names lead nowhere but down`, async t => {
    const [path, outside] = [await root(t), await root(t)]
    mkdirSync(join(outside, 'deep'))
    mkdirSync(join(path, 'real'))
    symlinkSync(outside, join(path, 'link'))
    const folder = await engine.openFolder(path)
    await t.throwsAsync(folder.open(['link']), { code: 'ENOTDIR' })
    await t.throwsAsync(folder.open(['link', 'deep']), { code: 'ENOTDIR' })
    await t.throwsAsync(folder.open(['missing']), { code: 'ENOENT' })
    for (const name of ['', '.', '..', '../x', 'a/b', '/', 'a\0', 7 as never]) {
      await t.throwsAsync(folder.open(['real', name]), { instanceOf: ParamInvalidError }, String(name))
      await t.throwsAsync(folder.writeFile(name, Buffer.alloc(1), { temporary }), { instanceOf: ParamInvalidError })
      const options = { temporary: name }
      await t.throwsAsync(folder.writeFile('x', Buffer.alloc(1), options), { instanceOf: ParamInvalidError })
    }
    t.deepEqual(readdirSync(path), ['link', 'real'])
    t.deepEqual(readdirSync(outside), ['deep'])
    folder.close()
  })

  posix(`${engine.kind}: a folder that is replaced gets nothing, by whatever, and at whatever level`, async t => {
    const [path, outside] = [await root(t), await root(t)]
    mkdirSync(join(path, 'a/b'), { recursive: true })
    mkdirSync(join(outside, 'b'))
    const folder = await (await engine.openFolder(path)).open(['a', 'b'])
    const outcome = () => folder.writeFile('file', Buffer.from('new'), { temporary })
    renameSync(join(path, 'a'), join(outside, 'was'))
    t.is(await outcome(), 'moved')
    symlinkSync(outside, join(path, 'a'))
    t.is(await outcome(), 'moved', 'a link leads to another folder')
    rmSync(join(path, 'a'))
    symlinkSync(join(outside, 'was'), join(path, 'a'))
    t.is(await outcome(), 'moved', 'a link leads to the folder, which lies elsewhere now')
    t.deepEqual(readdirSync(join(outside, 'b')), [])
    t.deepEqual(readdirSync(join(outside, 'was/b')), [])
    rmSync(join(path, 'a'))
    renameSync(join(outside, 'was'), join(path, 'a'))
    t.is(await outcome(), 'written', 'it is back')
    folder.close()
  })

  test(`${engine.kind}: an abort leaves nothing and rejects with its reason`, async t => {
    const path = await root(t)
    const folder = await engine.openFolder(path)
    const stop = new AbortController()
    const writing = folder.writeFile('file', noise(60_000), { temporary, signal: stop.signal })
    const reason = new Error('enough')
    stop.abort(reason)
    const outcome = await writing.catch(error => error)
    t.true(outcome === reason || outcome === 'written')
    await t.throwsAsync(folder.writeFile('late', noise(10), { temporary, signal: stop.signal }), { is: reason })
    t.deepEqual(readdirSync(path), outcome === 'written' ? ['file'] : [])
    t.false(existsSync(join(path, temporary)))
    folder.close()
  })

  test(`${engine.kind}: wrong arguments are refused by name`, async t => {
    const folder = await engine.openFolder(await root(t))
    const write = (options: object) => () => folder.writeFile('x', Buffer.alloc(1), { temporary, ...options })
    for (const [field, call] of [
      ['path', () => engine.readSmallFile('', Buffer.alloc(1), true)],
      ['buffer', () => engine.readSmallFile('x', 'x' as never, true)],
      ['path', () => engine.openFolder('a\0b')],
      ['bytes', () => folder.writeFile('x', 'x' as never, { temporary })],
      ['fsync', write({ fsync: 1 })],
      ['replace', write({ replace: 1 })],
      ['modifiedMs', write({ modifiedMs: Number.NaN })],
      ['signal', write({ signal: {} })],
    ] as const)
      t.is((await t.throwsAsync(call(), { instanceOf: ParamInvalidError })).field, field)
    folder.close()
  })
}
