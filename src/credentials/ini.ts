/** Sections of an INI text by name, and their entries. What stands before the first section is in the section `''`. */
export type IniSections = ReadonlyMap<string, ReadonlyMap<string, string>>

/**
 * Reads INI text as credentials files use it: `[section]`, `name = value`, comments after `#` or `;`. A comment behind a
 * value begins after white space, so that the signs may be part of a secret; a value in quotes is taken as it is. Sections of
 * one name are one, of two entries of one name the later counts, and a line that is nothing of all this is passed over.
 * Never throws.
 */
export function parseIni(text: string): IniSections {
  const sections = new Map<string, Map<string, string>>()
  const open = (name: string) => {
    const section = sections.get(name) ?? new Map<string, string>()
    sections.set(name, section)
    return section
  }
  let section = open('')
  for (const raw of text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    const title = /^\[([^\]]*)\]/.exec(line)?.[1]
    if (title !== undefined) {
      section = open(title.trim())
      continue
    }
    const sign = line.indexOf('=')
    const name = line.slice(0, Math.max(sign, 0)).trim()
    if (name !== '') section.set(name, readValue(line.slice(sign + 1).trim()))
  }
  return sections
}

function readValue(text: string): string {
  const quote = text[0]
  if (quote === '"' || quote === "'") {
    const end = text.indexOf(quote, 1)
    // Only comments may follow the closing quote; otherwise the quotes are part of the value.
    if (end > 0 && /^\s*([#;]|$)/.test(text.slice(end + 1))) return text.slice(1, end)
  }
  if (quote === '#' || quote === ';') return ''
  const comment = text.search(/\s[#;]/)
  return (comment < 0 ? text : text.slice(0, comment)).trim()
}
