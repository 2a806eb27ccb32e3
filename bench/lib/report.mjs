import { targets } from '../targets.mjs'
import { median, medianRatio } from './statistics.mjs'
import { table } from './table.mjs'

const GIB = 1024 ** 3
const MIB = 1024 ** 2

/** CPU of one result: seconds per GiB of transfers, milliseconds per request. */
function costOf(result) {
  const cpu = result.user + result.system
  return result.operations ? (1000 * cpu) / result.operations : (cpu * GIB) / result.bytes
}

function rateOf(result) {
  return result.operations ? result.operations / result.seconds : result.bytes / result.seconds / MIB
}

const shown = (value, digits) => (value === undefined ? '' : value.toFixed(digits))

/** The table of one workload. */
export function report(title, results) {
  const ours = results.get('ferross')
  const perRequest = [...results.values()][0]?.[0]?.operations !== undefined
  const rows = [...results].map(([name, runs]) => {
    const costs = runs.map(costOf)
    const digits = perRequest ? 3 : 2
    const ratio = ours && medianRatio(costs, ours.map(costOf))
    return [
      name,
      shown(median(costs), digits),
      `${shown(Math.min(...costs), digits)}–${shown(Math.max(...costs), digits)}`,
      shown(ratio, 2),
      shown(median(runs.map(rateOf)), 0),
      shown(median(runs.map(run => run.peak / MIB)), 0),
      shown(median(runs.map(run => run.loop)), 1),
      runs[0].crc,
      String(runs.length),
    ]
  })
  const cost = perRequest ? 'CPU ms/request' : 'CPU s/GiB'
  const rate = perRequest ? 'requests/s' : 'MiB/s'
  console.log(`\n### ${title}\n`)
  console.log(table(['client', cost, 'range', '÷ ferross', rate, 'peak MiB', 'loop p99 ms', 'CRC-64', 'runs'], rows))
}

/** One row for each setting of each client: CPU and peak memory over size, or over connections. */
export function reportSeries(title, column, series) {
  const rows = series.flatMap(({ setting, results }) =>
    [...results].map(([name, runs]) => [
      name,
      setting,
      shown(median(runs.map(costOf)), 2),
      shown(median(runs.map(rateOf)), 0),
      shown(median(runs.map(run => run.peak / MIB)), 0),
      shown(median(runs.map(run => run.loop)), 1),
    ]),
  )
  rows.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))
  console.log(`\n### ${title}\n`)
  console.log(table(['client', column, 'CPU s/GiB', 'MiB/s', 'peak MiB', 'loop p99 ms'], rows))
}

/** Which targets hold, of those that were measured. */
export function reportTargets(all) {
  const rows = []
  for (const target of targets) {
    const { what, measured } = measure(target, all)
    if (measured === undefined) continue
    const [sign, bound, holds] =
      target.most === undefined
        ? ['≥', target.least, measured >= target.least]
        : ['≤', target.most, measured <= target.most]
    const row = `${target.workload}, ${target.scheme}: ${what}`
    rows.push([row, `${sign} ${bound}`, measured.toFixed(2), holds ? 'holds' : 'missed'])
  }
  if (rows.length === 0) return
  console.log('\n### Targets\n')
  console.log(table(['', 'hold', 'measured', ''], rows))
}

function measure(target, all) {
  const results = all.get(`${target.workload} ${target.scheme}`)
  const ours = results?.get(target.of ?? 'ferross')
  if (target.value) {
    const what = `${target.value === 'loop' ? 'event-loop delay p99' : 'peak memory'}, ${target.unit}`
    return { what, measured: ours && median(ours.map(run => run[target.value] / (target.scale ?? 1))) }
  }
  if (target.against) {
    const plain = all.get(`${target.against} ${target.scheme}`)?.get('ferross')
    const by = target.by === 'rate' ? rateOf : costOf
    const what = `${target.by === 'rate' ? 'throughput' : 'CPU'} ÷ plain ${target.against}`
    return { what, measured: ours && plain && median(ours.map(by)) / median(plain.map(by)) }
  }
  const other = results?.get(target.to)
  const what = `${target.of} CPU ÷ ${target.to}`
  return { what, measured: ours && other && medianRatio(ours.map(costOf), other.map(costOf)) }
}
