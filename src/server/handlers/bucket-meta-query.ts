import { Failure, invalidArgument } from '../failure.js'
import type { Call, Handlers } from '../handler.js'
import { aggregate, type Candidate, readCondition, sortCandidates } from '../meta-query.js'
import { quoted } from '../objects.js'
import { given, updateSetting } from '../settings/setting.js'
import type { ObjectVersion } from '../storage/records.js'

interface Index {
  readonly mode: string
  readonly created: number
}

const settingName = 'metaQuery'

/** @throws Failure MetaQueryNotExist */
function present(call: Call): Index {
  const index = call.bucket.record.settings[settingName] as Index | undefined
  if (index === undefined) throw new Failure('MetaQueryNotExist', { details: { BucketName: call.bucket.name } })
  return index
}

function candidate(key: string, version: ObjectVersion): Candidate {
  const known = {
    filename: key,
    size: version.size,
    fileModifiedTime: new Date(version.modified).toISOString(),
    etag: quoted(version.etag),
    ossObjectType: version.type,
    ossStorageClass: version.storageClass,
    objectAcl: version.acl,
    ...(version.crc64 === undefined ? {} : { ossCrc64: version.crc64 }),
    contentType: version.headers['content-type'] ?? 'application/octet-stream',
    ossTaggingCount: version.tags.length,
    ...(version.encryption === undefined ? {} : { serverSideEncryption: version.encryption.algorithm }),
  }
  return {
    file: {
      ...known,
      ...(version.tags.length === 0
        ? {}
        : { ossTagging: { taggings: version.tags.map(([name, value]) => ({ key: name, value })) } }),
    },
    values: {
      Filename: key,
      Size: known.size,
      FileModifiedTime: known.fileModifiedTime,
      ETag: known.etag,
      OSSObjectType: known.ossObjectType,
      OSSStorageClass: known.ossStorageClass,
      ObjectACL: known.objectAcl,
      OSSCRC64: known.ossCrc64,
      ContentType: known.contentType,
      OSSTaggingCount: known.ossTaggingCount,
      ServerSideEncryption: known.serverSideEncryption,
    },
  }
}

function candidates(call: Call): Candidate[] {
  const found: Candidate[] = []
  const { keys } = call.bucket
  for (let at = 0; at < keys.size; at++) {
    const key = keys.at(at) as string
    const version = call.bucket.find(key)?.versions[0]
    if (version !== undefined && !version.deleteMarker) found.push(candidate(key, version))
  }
  return found
}

/** Search over metadata. There is nothing to build: the index is ready at once and never behind. */
export const bucketMetaQueryHandlers: Handlers = {
  openMetaQuery: async (call, { mode = 'basic' }) => {
    if (mode !== 'basic' && mode !== 'semantic') throw invalidArgument('mode', mode, 'The mode is not valid.')
    if (call.bucket.record.settings[settingName] !== undefined) throw new Failure('MetaQueryAlreadyExist')
    await updateSetting(call.bucket, settingName, () => ({ mode, created: call.now }) satisfies Index)
    return {}
  },

  getMetaQueryStatus: call => {
    const { mode, created } = present(call)
    const createTime = new Date(created).toISOString()
    const state = { state: 'Running', phase: 'IncrementalScanning', createTime, updateTime: createTime }
    return { result: { metaQueryStatus: { ...state, metaQueryMode: mode } } }
  },

  doMetaQuery: (call, request) => {
    const { mode } = present(call)
    const query = given(request.metaQuery)
    if (mode === 'semantic' || request.mode === 'semantic') {
      throw new Failure('NotImplemented', { message: 'The local server does not search by meaning.' })
    }
    const { maxResults = 100 } = query
    if (maxResults < 1 || maxResults > 100) {
      throw invalidArgument('MaxResults', String(maxResults), 'MaxResults must be between 1 and 100.')
    }
    const test = readCondition(query.query)
    const found = candidates(call).filter(({ values }) => test(values))
    const wanted = query.aggregations?.aggregations ?? []
    if (wanted.length > 0) {
      const aggregations = wanted.map(each => aggregate(found, each))
      return { root: 'MetaQuery', result: { files: {}, aggregations: { aggregations } } }
    }
    const start = Number(query.nextToken ?? 0)
    if (!Number.isSafeInteger(start) || start < 0) {
      throw invalidArgument('NextToken', query.nextToken ?? '', 'The token is not valid.')
    }
    const file = sortCandidates(found, query.sort, query.order).slice(start, start + maxResults)
    const end = start + file.length
    return {
      root: 'MetaQuery',
      result: {
        files: { file: file.map(each => each.file) },
        ...(end < found.length ? { nextToken: String(end) } : {}),
      },
    }
  },

  closeMetaQuery: async call => {
    await updateSetting(call.bucket, settingName, () => undefined)
    return {}
  },
}
