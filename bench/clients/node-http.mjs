// Lower bound for whoever sends with node:http: bodies already in memory, no signature, no checksum.
import { writeSync } from 'node:fs'
import * as http from 'node:http'
import * as https from 'node:https'
import { inMemory } from '../lib/in-memory.mjs'

export async function open(job) {
  const { hostname, port, protocol } = new URL(job.endpoint)
  const library = protocol === 'https:' ? https : http
  const agent = new library.Agent({ keepAlive: true, maxSockets: 32 })
  const request = (method, key, { headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const options = { hostname, port, agent, method, path: `/bench/${key}`, headers }
      const sent = library.request(options, resolve).on('error', reject)
      if (body) sent.setHeader('content-length', body.length)
      sent.end(body)
    })
  const collect = async response => {
    const chunks = []
    for await (const chunk of response) chunks.push(chunk)
    return Buffer.concat(chunks)
  }
  return inMemory(job, {
    version: process.versions.node,
    async exchange(method, key, options) {
      const response = await request(method, key, options)
      return { headers: response.headers, text: (await collect(response)).toString() }
    },
    read: async key => (await collect(await request('GET', key))).length,
    async receive(key, offset, length, target) {
      const headers = { range: `bytes=${offset}-${offset + length - 1}` }
      const response = await request('GET', key, { headers })
      let position = offset
      await new Promise((resolve, reject) => {
        response.on('data', chunk => {
          position += writeSync(target, chunk, 0, chunk.length, position)
        })
        response.on('end', resolve).on('error', reject)
      })
      return position - offset
    },
    close: () => agent.destroy(),
  })
}
