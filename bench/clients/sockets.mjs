// Lower bound for ferross's own way of working: its addon reads, writes and checksums, node:net and node:tls carry the bytes,
// nothing stands between them. What ferross costs more is its HTTP client, signatures, retries and checks.
import { readFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { getEngine } from '../../dist/native/index.js'

/** A connection that reads into the part that is being received. */
class Line {
  #socket
  /** Takes an answer's head; what follows goes straight to where it belongs. */
  #room = Buffer.allocUnsafeSlow(16 * 1024)
  #filled = 0
  #answer

  constructor(job) {
    const { hostname: host, port, protocol } = new URL(job.endpoint)
    const onread = { buffer: () => this.#space(), callback: length => this.#received(length) }
    const options = { host, port: Number(port), onread }
    this.#socket = protocol === 'https:' ? connectTls({ ...options, ca: readFileSync(job.ca) }) : connectTcp(options)
    this.#socket.setNoDelay(true)
    this.#socket.on('error', error => this.#answer?.reject(error))
  }

  /** Sends a request; its answer's body fills `target`, if there is one. */
  exchange(method, path, headers, body, target) {
    this.#filled = 0
    this.#socket.write(`${method} /bench/${path} HTTP/1.1\r\nhost: bench\r\n${headers}\r\n`)
    if (body) this.#socket.write(body)
    return new Promise((resolve, reject) => {
      this.#answer = { method, target, resolve, reject, head: undefined, missing: 0, space: undefined }
    })
  }

  #space() {
    const { space } = this.#answer ?? {}
    return space?.length ? space : this.#room.subarray(this.#filled)
  }

  #received(length) {
    const answer = this.#answer
    if (answer.head === undefined) this.#head(answer, length)
    else {
      answer.missing -= length
      answer.space = answer.space.subarray(length)
    }
    if (answer.head !== undefined && answer.missing === 0) {
      this.#filled = 0
      answer.resolve({ head: answer.head, body: answer.target })
    }
    return true
  }

  #head(answer, length) {
    this.#filled += length
    const end = this.#room.subarray(0, this.#filled).indexOf('\r\n\r\n')
    if (end < 0) return
    answer.head = this.#room.latin1Slice(0, end)
    if (!/^HTTP\/1.1 2/.test(answer.head)) return answer.reject(new Error(answer.head.split('\r\n')[0]))
    const size = answer.method === 'HEAD' ? 0 : Number(/content-length: (\d+)/i.exec(answer.head)?.[1] ?? 0)
    answer.target ??= Buffer.alloc(size)
    const early = this.#room.copy(answer.target, 0, end + 4, this.#filled)
    answer.missing = size - early
    answer.space = answer.target.subarray(early, size)
  }

  close() {
    this.#socket.destroy()
  }
}

export async function open(job) {
  const engine = getEngine()
  const inParts = async (size, work) => {
    let next = 0
    const lane = async () => {
      const line = new Line(job)
      for (let offset = next; offset < size; offset = next) {
        next = offset + job.part
        await work(line, offset, Math.min(job.part, size - offset))
      }
      line.close()
    }
    await Promise.all(Array.from({ length: job.parallel }, lane))
  }
  return {
    crc: true,
    version: engine.kind,
    async upload(key, file) {
      const control = new Line(job)
      const begun = await control.exchange('POST', `${key}?uploads`, 'content-length: 0\r\n')
      const [, id] = /<UploadId>(\w+)</.exec(begun.body.latin1Slice())
      const reader = await engine.openPartReader(file)
      await inParts(reader.opened.size, async (line, offset, length) => {
        const { buffer, crc64Sent } = await reader.read(offset, length)
        const path = `${key}?partNumber=${offset / job.part + 1}&uploadId=${id}`
        const { head } = await line.exchange('PUT', path, `content-length: ${length}\r\n`, buffer)
        if (!head.includes(`: ${crc64Sent}`)) throw new Error('a part arrived damaged')
        reader.release(buffer)
      })
      await control.exchange('POST', `${key}?uploadId=${id}`, 'content-length: 0\r\n')
      await reader.close()
      control.close()
    },
    async download(key, file) {
      const control = new Line(job)
      const { head } = await control.exchange('HEAD', key, '')
      control.close()
      const size = Number(/content-length: (\d+)/i.exec(head)[1])
      const writer = await engine.openPartWriter(file, { size })
      await inParts(size, async (line, offset, length) => {
        const buffer = engine.pool.acquire(length)
        await line.exchange('GET', key, `range: bytes=${offset}-${offset + length - 1}\r\n`, undefined, buffer)
        await writer.write(offset, [buffer])
        engine.pool.release(buffer)
      })
      await writer.finish()
    },
    close() {},
  }
}
