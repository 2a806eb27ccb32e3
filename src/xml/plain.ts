/** An element as a parser gives it: its text, or its children by name; each name holds a list. */
export type Parsed = string | { [name: string]: Parsed[] }

/** More levels are left to the parser that counts them. */
const deepest = 30

/** No name of JavaScript's own begins with a capital. */
const plainName = /^[A-Z][A-Za-z0-9_-]*$/
const declaration = /^<\?xml (?:[a-z]+="[A-Za-z0-9.-]*" ?)+\?>/
/** What a root may have besides its name. */
const namespace = /^ xmlns="[A-Za-z0-9:/._-]*"$/
const blank = /^[ \t\n]*$/
const strangeReference = /&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});)/

/** An element that has begun. */
interface Open {
  readonly name: string
  text: string
  children: { [name: string]: Parsed[] } | undefined
}

/**
 * Parses documents of the plainest kind, which nearly all of the service's are: elements without attributes, text and nothing
 * else. For anything else, mistakes included, the answer is `undefined`, and somebody else is to look at it. A listing of a
 * thousand objects takes a tenth of the time that way.
 */
export function parsePlain(source: string): Record<string, Parsed[]> | undefined {
  if (source.includes('\r')) return undefined
  const open: Open[] = []
  let at = declaration.exec(source)?.[0].length ?? 0
  for (;;) {
    const tag = source.indexOf('<', at)
    const end = source.indexOf('>', tag)
    if (tag < 0 || end < 0) return undefined
    const inside = open.at(-1)
    if (!takeText(inside, source, at, tag)) return undefined
    at = end + 1
    const closing = source.charCodeAt(tag + 1) === 0x2f
    if (closing) {
      if (inside === undefined || source.slice(tag + 2, end) !== inside.name) return undefined
      open.pop()
      const content = contentOf(inside)
      const above = open.at(-1)
      if (above === undefined) return blank.test(source.slice(at)) ? { [inside.name]: [content] } : undefined
      add(above, inside.name, content)
      continue
    }
    const empty = source.charCodeAt(end - 1) === 0x2f
    const begun = source.slice(tag + 1, empty ? end - 1 : end)
    const name = nameOf(begun, inside === undefined)
    if (name === undefined || open.length >= deepest) return undefined
    if (!empty) open.push({ name, text: '', children: undefined })
    else if (inside !== undefined) add(inside, name, '')
    else return blank.test(source.slice(at)) ? { [name]: [''] } : undefined
  }
}

/** Takes the text before a tag. */
function takeText(inside: Open | undefined, source: string, from: number, to: number): boolean {
  if (from === to) return true
  const text = source.slice(from, to)
  if (inside === undefined) return blank.test(text)
  if (text.includes('&') && strangeReference.test(text)) return false
  inside.text += text
  return true
}

function nameOf(begun: string, root: boolean): string | undefined {
  if (plainName.test(begun)) return begun
  const space = begun.indexOf(' ')
  const name = begun.slice(0, space)
  return root && space > 0 && plainName.test(name) && namespace.test(begun.slice(space)) ? name : undefined
}

function contentOf({ text, children }: Open): Parsed {
  if (children === undefined) return detached(text)
  // The other parser makes no list of text that stands beside children.
  return text === '' ? children : Object.assign(children, { '#text': text })
}

function add(parent: Open, name: string, content: Parsed): void {
  parent.children ??= {}
  const list = parent.children[name]
  if (list === undefined) parent.children[name] = [content]
  else list.push(content)
}

/** A text that does not keep the whole document in memory, as a longer piece of a string would. */
function detached(text: string): string {
  return text.length < 13 ? text : ` ${text}`.slice(1)
}
