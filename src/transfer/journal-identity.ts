import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { JournalRecord } from './journal-format.js'

/** Version of the meaning of journals: those of another version are not used. */
export const journalVersion = 1

/** Where the journal of a transfer lies: named after the local file and what identifies the transfer. */
export function journalPath(local: string, folder: string | undefined, identity: readonly string[]): string {
  const path = resolve(local)
  const digest = digestOf([path, ...identity]).slice(0, 16)
  return join(
    folder === undefined ? dirname(path) : resolve(folder),
    `${basename(path).slice(0, 50)}.${digest}.ferross-journal`,
  )
}

/** SHA-256 of some values, in hexadecimal digits; the order of keys does not matter. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value, sorted)).digest('hex')
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Whether a journal's header is about the same transfer as `wanted`: every field of it is the same. */
export function sameIdentity(header: JournalRecord, wanted: JournalRecord): boolean {
  return Object.entries(wanted).every(([name, value]) => header[name] === value)
}

let boot: string | undefined

/**
 * Something that changes when the machine starts anew; empty where the system has no such thing. Data that a killed process
 * wrote is safe in the system's memory, but a machine that lost power may have forgotten it.
 */
export function bootMarker(): string {
  if (boot === undefined) {
    try {
      boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    } catch {
      boot = ''
    }
  }
  return boot
}
