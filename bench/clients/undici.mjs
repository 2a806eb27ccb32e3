// Lower bound for whoever sends with undici: bodies already in memory, no signature, no checksum.

import { writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { inMemory } from '../lib/in-memory.mjs'

const require = createRequire(import.meta.url)

export async function open(job) {
  const { Pool } = await import('undici')
  const pool = new Pool(job.endpoint, { connections: 32, pipelining: 1 })
  const request = (method, key, { headers, body } = {}) =>
    pool.request({ method, path: `/bench/${key}`, headers: headers ?? null, body: body ?? null })
  return inMemory(job, {
    version: require('undici/package.json').version,
    async exchange(method, key, options) {
      const { headers, body } = await request(method, key, options)
      return { headers, text: await body.text() }
    },
    async read(key) {
      const { body } = await request('GET', key)
      return (await body.arrayBuffer()).byteLength
    },
    async receive(key, offset, length, target) {
      const { body } = await request('GET', key, { headers: { range: `bytes=${offset}-${offset + length - 1}` } })
      let position = offset
      for await (const chunk of body) position += writeSync(target, chunk, 0, chunk.length, position)
      return position - offset
    },
    close: () => pool.destroy(),
  })
}
