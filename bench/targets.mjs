// What ferross is to reach, as ratios of medians within one run. `ratio` is of ferross (or `of`) to `to`, by CPU unless `by` says
// otherwise; `most` and `least` bound it. `value` targets are absolute.

const MIB = 1024 ** 2

export const targets = [
  ...ratios('upload', 'http', { floor: 1.25, opendal: 0.6, 'go-sdk': 0.45, 'ali-oss': 0.4 }),
  ...ratios('download', 'http', { floor: 1.25, opendal: 0.8, 'go-sdk': 0.45, 'ali-oss': 0.45, sockets: 1.35 }),
  ...ratios('upload', 'https', { 'go-sdk': 0.7 }),
  ...ratios('download', 'https', { 'go-sdk': 0.8 }),
  ...ratios('upload-encrypted', 'http', { 'go-sdk': 0.35 }),
  { workload: 'upload-encrypted', scheme: 'http', against: 'upload', most: 1.3, by: 'cpu' },
  { workload: 'upload-encrypted', scheme: 'http', against: 'upload', least: 0.8, by: 'rate' },
  ...ratios('put', 'http', { undici: 1.25, 'ali-oss': 0.45 }),
  ...ratios('get', 'http', { undici: 1.25, 'ali-oss': 0.45 }),
  { workload: 'upload', scheme: 'http', value: 'loop', most: 10, unit: 'ms' },
  { workload: 'download', scheme: 'http', value: 'loop', most: 10, unit: 'ms' },
  { workload: 'upload', scheme: 'http', value: 'peak', most: 90, unit: 'MiB', scale: MIB },
  { workload: 'download', scheme: 'http', value: 'peak', most: 90, unit: 'MiB', scale: MIB },
  { workload: 'upload', scheme: 'http', of: 'ferross-fallback', to: 'ferross', most: 2.5 },
]

function ratios(workload, scheme, bounds) {
  return Object.entries(bounds).map(([to, most]) => ({ workload, scheme, of: 'ferross', to, most }))
}
