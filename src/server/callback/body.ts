import type { CallbackWish } from './wish.js'

/** What a callback can tell. Numbers stay numbers in JSON. */
export type CallbackValues = Readonly<Record<string, string | number | undefined>>

/**
 * The body of a callback: its variables `${…}` replaced. In a form values are percent-encoded, in JSON texts get their
 * quotation marks here. What is not known is empty.
 */
export function callbackBody(wish: CallbackWish, values: CallbackValues): string {
  const json = wish.bodyType === 'application/json'
  return wish.body.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    const value = name.startsWith('x:') ? own(wish.variables, name) : own(values, name)
    if (!json) return encode(String(value ?? ''))
    return typeof value === 'number' ? String(value) : JSON.stringify(value ?? '')
  })
}

function own<T>(values: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined
}

function encode(value: string): string {
  return encodeURIComponent(value).replace(/[!'()*]/g, mark => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
}
