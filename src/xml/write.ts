const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/**
 * Escapes text for use inside an element. Control characters become character references: OSS accepts them there though
 * XML 1.0 does not, and keys may hold them.
 */
export function escapeXml(value: string): string {
  return value.replace(/[&<>"'\u0000-\u001f\u007f\ufffe\uffff]/g, c => escapes[c] ?? `&#${c.charCodeAt(0)};`)
}

/** An element with finished content. */
export function xmlElement(name: string, content: string): string {
  return content === '' ? `<${name}/>` : `<${name}>${content}</${name}>`
}

/** A whole document from its finished root element. */
export function xmlDocument(root: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}`
}
