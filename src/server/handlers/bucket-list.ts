import { invalidArgument } from '../failure.js'
import type { Call, Handlers } from '../handler.js'
import { type Listing, listKeys, wantsUrlEncoding } from '../listing.js'
import { restoreText } from '../object-view.js'
import { owner, quoted } from '../objects.js'
import type { Bucket } from '../storage/bucket.js'
import type { ObjectVersion } from '../storage/records.js'
import { listVersions } from '../version-listing.js'
import { pageSize } from './service.js'

function visible(bucket: Bucket): (key: string) => boolean {
  return key => bucket.find(key)?.versions[0]?.deleteMarker === false
}

function contents(call: Call, listing: Listing, withOwner: boolean) {
  return listing.entries
    .filter(entry => !entry.common)
    .map(({ name }) => describe(call, name, call.bucket.find(name)?.versions[0] as ObjectVersion, withOwner))
}

/** One object as listings show it. */
function describe(call: Call, key: string, version: ObjectVersion, withOwner: boolean) {
  const restoreInfo = restoreText(version, call.now)
  return {
    key,
    objectType: version.type,
    size: version.size,
    etag: quoted(version.etag),
    lastModified: new Date(version.modified),
    storageClass: version.storageClass,
    ...(withOwner ? { owner } : {}),
    ...(restoreInfo === undefined ? {} : { restoreInfo }),
  }
}

function commonPrefixes(listing: Listing) {
  return listing.entries.filter(entry => entry.common).map(({ name }) => ({ prefix: name }))
}

/** A token says where a page ended; the letter in front keeps an empty name from being an empty token. */
function encodeToken(name: string): string {
  return Buffer.from(`N${name}`).toString('base64url')
}

function decodeToken(token: string): string {
  const name = Buffer.from(token, 'base64url').toString('utf8')
  if (!name.startsWith('N') || encodeToken(name.slice(1)) !== token) {
    throw invalidArgument('continuation-token', token, 'The continuation token provided is incorrect.')
  }
  return name.slice(1)
}

/** Operations that list what is in a bucket. */
export const bucketListHandlers: Handlers = {
  listObjects: (call, request) => {
    const urlEncode = wantsUrlEncoding(request.encodingType)
    const { prefix = '', delimiter = '', marker = '' } = request
    const maxKeys = pageSize('max-keys', request.maxKeys, 100)
    const listing = listKeys(
      call.bucket.keys,
      { prefix, delimiter, after: marker, limit: maxKeys },
      visible(call.bucket),
    )
    return {
      root: 'ListBucketResult',
      urlEncode,
      result: {
        name: call.bucket.name,
        prefix,
        marker,
        maxKeys,
        delimiter,
        isTruncated: listing.isTruncated,
        nextMarker: listing.isTruncated ? listing.entries.at(-1)?.name : undefined,
        encodingType: urlEncode ? 'url' : undefined,
        contents: contents(call, listing, true),
        commonPrefixes: commonPrefixes(listing),
      },
    }
  },

  listObjectsV2: (call, request) => {
    const urlEncode = wantsUrlEncoding(request.encodingType)
    const { prefix = '', delimiter = '', startAfter, continuationToken } = request
    const maxKeys = pageSize('max-keys', request.maxKeys, 100)
    const after = continuationToken ? decodeToken(continuationToken) : (startAfter ?? '')
    const listing = listKeys(call.bucket.keys, { prefix, delimiter, after, limit: maxKeys }, visible(call.bucket))
    const last = listing.entries.at(-1)?.name ?? ''
    return {
      root: 'ListBucketResult',
      urlEncode,
      result: {
        name: call.bucket.name,
        prefix,
        continuationToken,
        startAfter,
        maxKeys,
        delimiter,
        isTruncated: listing.isTruncated,
        nextContinuationToken: listing.isTruncated ? encodeToken(last) : undefined,
        encodingType: urlEncode ? 'url' : undefined,
        contents: contents(call, listing, request.fetchOwner === true),
        commonPrefixes: commonPrefixes(listing),
        keyCount: listing.entries.length,
      },
    }
  },

  listObjectVersions: (call, request) => {
    const urlEncode = wantsUrlEncoding(request.encodingType)
    const { prefix = '', delimiter = '', keyMarker = '', versionIdMarker = '' } = request
    const maxKeys = pageSize('max-keys', request.maxKeys, 100)
    if (versionIdMarker !== '' && keyMarker === '') {
      throw invalidArgument(
        'version-id-marker',
        versionIdMarker,
        'A version-id marker cannot be specified without a key marker.',
      )
    }
    const page = listVersions(call.bucket, { prefix, delimiter, keyMarker, versionIdMarker, limit: maxKeys })
    const listed = (item: (typeof page.versions)[number]) => ({
      versionId: item.version.versionId,
      isLatest: item.isLatest,
    })
    return {
      urlEncode,
      result: {
        name: call.bucket.name,
        prefix,
        keyMarker,
        versionIdMarker,
        maxKeys,
        delimiter,
        isTruncated: page.next !== undefined,
        nextKeyMarker: page.next?.key,
        nextVersionIdMarker: page.next?.versionId,
        encodingType: urlEncode ? 'url' : undefined,
        version: page.versions
          .filter(item => !item.version.deleteMarker)
          .map(item => ({ ...describe(call, item.key, item.version, true), ...listed(item) })),
        deleteMarker: page.versions
          .filter(item => item.version.deleteMarker)
          .map(item => ({ key: item.key, ...listed(item), lastModified: new Date(item.version.modified), owner })),
        commonPrefixes: page.prefixes.map(name => ({ prefix: name })),
      },
    }
  },
}
