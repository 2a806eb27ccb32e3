/**
 * Works on parts, at most `parallel` at a time, and taken from the source only when a slot is free. The first failure, or the
 * signal, stops the others: the signal given to `work` fires, and this function rejects once nothing runs any more.
 */
export async function runParts<Part>(
  parts: Iterable<Part> | AsyncIterable<Part>,
  parallel: number,
  signal: AbortSignal | undefined,
  work: (part: Part, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  const combined = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  const running = new Set<Promise<void>>()
  let failure: { error: unknown } | undefined
  const fail = (error: unknown) => {
    failure ??= { error }
    stop.abort(error)
  }
  try {
    for await (const part of parts) {
      if (failure) break
      combined.throwIfAborted()
      const task: Promise<void> = work(part, combined)
        .catch(fail)
        .finally(() => running.delete(task))
      running.add(task)
      if (running.size >= parallel) await Promise.race(running)
      if (failure) break
    }
  } catch (error) {
    fail(error)
  }
  await Promise.all(running)
  if (failure) throw signal?.aborted ? signal.reason : failure.error
}
