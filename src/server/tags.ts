import { Failure } from './failure.js'

/** Tags of an object, in the order given. */
export type Tags = readonly (readonly [key: string, value: string])[]

/** Reads an `x-oss-tagging` header: `key=value&key2=value2`, percent-encoded. @throws Failure InvalidTag */
export function readTagging(header: string | undefined): Tags {
  if (header === undefined || header === '') return []
  const tags = header.split('&').map(pair => {
    const equals = pair.indexOf('=')
    const [key, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
    return [decode(key), decode(value)] as const
  })
  return checkTags(tags)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new Failure('InvalidTag')
  }
}

const permitted = /^[\p{L}\p{N}\s+\-=._:/]*$/u

/** Checks the rules for tags of objects: at most 10, different keys, key to 128 and value to 256 characters. @throws Failure InvalidTag */
export function checkTags(tags: Tags): Tags {
  if (tags.length > 10) throw new Failure('InvalidTag', { message: 'Object tags cannot be greater than 10.' })
  if (new Set(tags.map(([key]) => key)).size !== tags.length) {
    throw new Failure('InvalidTag', { message: 'Cannot provide multiple Tags with the same key.' })
  }
  for (const [key, value] of tags) {
    const proper =
      key !== '' && key.length <= 128 && value.length <= 256 && permitted.test(key) && permitted.test(value)
    if (!proper) throw new Failure('InvalidTag', { details: { TagKey: key, TagValue: value } })
  }
  return tags
}
