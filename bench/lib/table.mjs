/** Lays out rows of strings in columns, as a Markdown table that can also be read as text. */
export function table(header, rows) {
  const lines = [header, ...rows]
  const widths = header.map((_, column) => Math.max(3, ...lines.map(line => line[column].length)))
  const written = lines.map(line => `| ${line.map((cell, column) => pad(cell, widths[column], column)).join(' | ')} |`)
  const rule = `|${widths.map((width, column) => (column === 0 ? `${'-'.repeat(width + 2)}` : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [written[0], rule, ...written.slice(1)].join('\n')
}

function pad(cell, width, column) {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width)
}

const units = { kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3 }

/** Reads a size such as 256MiB or 1g. */
export function bytesOf(name, text) {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg])?(?:i?b)?$/i.exec(text)
  if (!match) throw new Error(`--${name}: expected a size such as 64MiB or 1GiB`)
  return Math.round(Number(match[1]) * (match[2] ? units[`${match[2].toLowerCase()}ib`] : 1))
}

/** Writes a size in the largest unit that fits. */
export function sizeOf(bytes) {
  const unit = ['GiB', 'MiB', 'KiB'].find(name => bytes >= units[name.toLowerCase()])
  return unit ? `${+(bytes / units[unit.toLowerCase()]).toFixed(1)} ${unit}` : `${bytes} B`
}
