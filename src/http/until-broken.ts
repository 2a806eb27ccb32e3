/** The pieces of a body; whoever makes them is not waited for once the connection is gone. */
export async function* untilBroken(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  broken: Promise<never>,
): AsyncGenerator<Uint8Array> {
  const iterator = Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]()
  let ended = false
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), broken])
      if (next.done) {
        ended = true
        return
      }
      yield next.value
    }
  } finally {
    // Not waited for: it may be the very thing that hangs.
    if (!ended) Promise.resolve(iterator.return?.()).catch(() => {})
  }
}
