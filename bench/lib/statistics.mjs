/** Middle value; the mean of the two middle ones for an even number of values. */
export function median(values) {
  const sorted = values.filter(value => value !== undefined && Number.isFinite(value)).sort((a, b) => a - b)
  if (sorted.length === 0) return undefined
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * Median over the rounds of one value divided by the other of the same round. Neighbours on the machine disturb a whole round
 * alike, so this is steadier than dividing two medians.
 */
export function medianRatio(above, below) {
  return median(above.map((value, round) => (below[round] > 0 ? value / below[round] : undefined)))
}
