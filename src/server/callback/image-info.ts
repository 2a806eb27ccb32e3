/** Size and format of an image. */
export interface ImageInfo {
  readonly width: number
  readonly height: number
  readonly format: string
}

/** How much of an object is looked at. A JPEG tells its size behind its metadata. */
export const imageHeadLength = 64 * 1024

/** Reads what an image says of itself at its beginning; `undefined` for anything but PNG, GIF and JPEG. */
export function imageInfo(head: Buffer): ImageInfo | undefined {
  if (head.length >= 24 && head.readUInt32BE(0) === 0x89504e47 && head.toString('latin1', 12, 16) === 'IHDR') {
    return { width: head.readUInt32BE(16), height: head.readUInt32BE(20), format: 'png' }
  }
  if (head.length >= 10 && /^GIF8[79]a$/.test(head.toString('latin1', 0, 6))) {
    return { width: head.readUInt16LE(6), height: head.readUInt16LE(8), format: 'gif' }
  }
  return head.length >= 4 && head.readUInt16BE(0) === 0xffd8 ? jpegInfo(head) : undefined
}

function jpegInfo(head: Buffer): ImageInfo | undefined {
  let at = 2
  while (at + 9 <= head.length && head[at] === 0xff) {
    const marker = head[at + 1] as number
    // Start of frame: C0 to CF, but for tables (C4), a reserved one (C8) and arithmetic coding (CC).
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (isFrame) return { width: head.readUInt16BE(at + 7), height: head.readUInt16BE(at + 5), format: 'jpg' }
    at += 2 + head.readUInt16BE(at + 2)
  }
  return undefined
}
