import { open } from 'node:fs/promises'

/** Fetches a file in ranges, `job.parallel` at a time, and writes each where it belongs. */
export async function inRanges(file, size, job, fetch) {
  const target = await open(file, 'wx')
  let next = 0
  const lane = async () => {
    for (let offset = next; offset < size; offset = next) {
      next = offset + job.part
      const length = Math.min(job.part, size - offset)
      const bytes = await fetch(offset, length)
      if (bytes.length !== length) throw new Error(`got ${bytes.length} bytes instead of ${length}`)
      await target.write(bytes, 0, length, offset)
    }
  }
  await Promise.all(Array.from({ length: job.parallel }, lane))
  await target.close()
}
