import test from 'ava'
import fc from 'fast-check'
import { boundaryOf, MultipartError, MultipartReader } from '#src/server/post/multipart-reader.js'

interface Part {
  name: string
  fileName?: string
  content: Buffer
}

const boundary = '----edge'

function written(parts: readonly Part[], preamble = ''): Buffer {
  const pieces: Buffer[] = [Buffer.from(preamble)]
  for (const { name, fileName, content } of parts) {
    const file = fileName === undefined ? '' : `; filename="${fileName}"`
    pieces.push(Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`))
    pieces.push(content, Buffer.from('\r\n'))
  }
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)])
}

async function* inPieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    const end = cut % (bytes.length + 1)
    if (end <= at) continue
    yield bytes.subarray(at, end)
    at = end
  }
  yield bytes.subarray(at)
}

async function readAll(source: AsyncIterable<Uint8Array>): Promise<Part[]> {
  const reader = new MultipartReader(source, boundary)
  const parts: Part[] = []
  for (let head = await reader.next(); head !== undefined; head = await reader.next()) {
    const pieces: Buffer[] = []
    for await (const piece of reader.content()) pieces.push(piece)
    const { name, fileName } = head
    parts.push({ name, ...(fileName === undefined ? {} : { fileName }), content: Buffer.concat(pieces) })
  }
  return parts
}

/** Content that is full of what boundaries are made of. */
const content = fc
  .array(fc.constantFrom('\r\n', '\r', '\n', '--', '-', '\r\n--', '\r\n----edg', 'a', '\u0000', 'ü'), { maxLength: 30 })
  .map(parts => Buffer.from(parts.join('')))

const part = fc.record(
  { name: fc.stringMatching(/^[a-z$ü日]{1,8}$/), fileName: fc.stringMatching(/^[a-z. ü]{0,8}$/), content },
  { requiredKeys: ['name', 'content'] },
)

test('a form reads the same however its bytes are cut', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(part, { maxLength: 5 }),
      fc.array(fc.nat({ max: 2000 }), { maxLength: 40 }),
      fc.constantFrom('', 'preamble\r\n'),
      async (parts, cuts, preamble) => {
        t.deepEqual(await readAll(inPieces(written(parts, preamble), cuts)), parts)
      },
    ),
    { numRuns: 300 },
  )
})

test('a form reads the same byte by byte', async t => {
  const parts = [
    { name: 'key', content: Buffer.from('a/b') },
    { name: 'file', fileName: 'x.txt', content: Buffer.from('\r\n--\r\n----edg\r\n') },
  ]
  const bytes = written(parts)
  t.deepEqual(await readAll(inPieces(bytes, Array.from(bytes.keys()))), parts)
})

test('a form that is cut off anywhere is an error, never an end', async t => {
  const bytes = written([{ name: 'file', fileName: 'x', content: Buffer.from('content') }])
  for (let length = 0; length < bytes.length - 2; length++) {
    await t.throwsAsync(readAll(inPieces(bytes.subarray(0, length), [])), { instanceOf: MultipartError }, `${length}`)
  }
})

test('what is no form is refused', async t => {
  const bad = [
    `--${boundary}x\r\n\r\n`,
    `--${boundary}\r\nContent-Disposition: attachment; name="a"\r\n\r\nx\r\n--${boundary}--`,
    `--${boundary}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--${boundary}--`,
    `--${boundary}\r\n${'a'.repeat(20_000)}`,
  ]
  for (const text of bad) {
    await t.throwsAsync(readAll(inPieces(Buffer.from(text), [])), { instanceOf: MultipartError }, text.slice(0, 40))
  }
  t.is(boundaryOf('multipart/form-data; charset=utf-8; boundary="a b"'), 'a b')
  t.throws(() => boundaryOf('multipart/form-data'), { instanceOf: MultipartError })
  t.throws(() => boundaryOf('text/plain; boundary=a'), { instanceOf: MultipartError })
})

test('no more is held than one piece and a boundary', async t => {
  let most = 0
  const piece = Buffer.alloc(64 * 1024, '\r')
  async function* source() {
    yield Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"\r\n\r\n`)
    for (let count = 0; count < 200; count++) yield piece
    yield Buffer.from(`\r\n--${boundary}--`)
  }
  const reader = new MultipartReader(source(), boundary)
  await reader.next()
  let size = 0
  for await (const each of reader.content()) {
    most = Math.max(most, each.length)
    size += each.length
  }
  t.is(size, 200 * piece.length)
  t.true(most <= piece.length + boundary.length + 4)
})
