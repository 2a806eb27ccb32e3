/** What was thrown, or what a signal gave as its reason, as an error: either may be anything. */
export function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}
