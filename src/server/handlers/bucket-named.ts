import { getBucketInventory, type InventoryConfiguration } from '../../operations/index.js'
import { Failure, invalidArgument } from '../failure.js'
import type { Call, Handlers } from '../handler.js'
import { checkOneOf } from '../settings/checks.js'
import { given, setting, updateSetting } from '../settings/setting.js'

/** Says what the fields of an inventory are; a bucket keeps several, by their ids. */
const inventory = setting('inventory', getBucketInventory)

/** What a bucket keeps under one name of several: text, and for styles more about it. */
interface Entry {
  readonly text: string
  readonly category?: string
  readonly created: number
  readonly modified: number
}

function entriesOf(call: Call, kind: string): [name: string, entry: Entry][] {
  const entries = Object.entries((call.bucket.record.settings[kind] ?? {}) as Readonly<Record<string, Entry>>)
  return entries.sort(([a], [b]) => (a < b ? -1 : 1))
}

function find(call: Call, kind: string, name: string): Entry | undefined {
  return entriesOf(call, kind).find(([each]) => each === name)?.[1]
}

async function keep(call: Call, kind: string, name: string, entry: Entry | undefined): Promise<void> {
  await updateSetting(call.bucket, kind, before => {
    const others = Object.entries((before ?? {}) as object).filter(([each]) => each !== name)
    return Object.fromEntries(entry === undefined ? others : [...others, [name, entry]])
  })
}

function checkInventory(value: InventoryConfiguration, id: string): void {
  const { destination, schedule } = value
  if (value.id !== id) throw invalidArgument('inventoryId', id, 'The inventory id differs from that of the document.')
  if (value.isEnabled === undefined || destination?.ossBucketDestination?.bucket === undefined) {
    throw new Failure('MalformedXML')
  }
  checkOneOf(schedule?.frequency, ['Daily', 'Weekly', 'Monthly'])
  checkOneOf(value.includedObjectVersions, ['All', 'Current'])
}

function styleInfo(name: string, { text, category, created, modified }: Entry) {
  return {
    name,
    content: text,
    createTime: new Date(created).toUTCString(),
    lastModifyTime: new Date(modified).toUTCString(),
    category: category ?? 'image',
  }
}

const pageLength = 100

/** Settings that a bucket has several of, each with a name: inventories and styles. Neither is carried out. */
export const bucketNamedHandlers: Handlers = {
  putBucketInventory: async (call, request) => {
    const value = given(request.inventoryConfiguration)
    checkInventory(value, request.inventoryId)
    if (find(call, 'inventory', request.inventoryId) !== undefined) throw new Failure('InventoryAlreadyExist')
    if (entriesOf(call, 'inventory').length >= 1000) throw new Failure('InventoryExceedLimit')
    const text = inventory.write(value)
    await keep(call, 'inventory', request.inventoryId, { text, created: call.now, modified: call.now })
    return {}
  },

  getBucketInventory: (call, request) => {
    const found = find(call, 'inventory', request.inventoryId)
    if (found === undefined) throw new Failure('NoSuchInventory', { details: { InventoryId: request.inventoryId } })
    return { result: { inventoryConfiguration: inventory.parse(found.text) } }
  },

  listBucketInventory: (call, request) => {
    const rest = entriesOf(call, 'inventory').filter(([id]) => id > (request.continuationToken ?? ''))
    const page = rest.slice(0, pageLength)
    const isTruncated = rest.length > pageLength
    const last = page.at(-1)?.[0]
    return {
      result: {
        listInventoryConfigurationsResult: {
          inventoryConfigurations: page.map(([, { text }]) => inventory.parse(text)),
          isTruncated,
          ...(isTruncated && last !== undefined ? { nextContinuationToken: last } : {}),
        },
      },
    }
  },

  deleteBucketInventory: async (call, request) => {
    await keep(call, 'inventory', request.inventoryId, undefined)
    return { status: 204 }
  },

  putStyle: async (call, request) => {
    const { styleName, category } = request
    const text = request.style?.content
    if (text === undefined) throw new Failure('MalformedXML')
    if (!/^[\w.-]{1,63}$/.test(styleName)) throw invalidArgument('styleName', styleName, 'The style name is not valid.')
    const created = find(call, 'style', styleName)?.created ?? call.now
    const more = category === undefined ? {} : { category }
    await keep(call, 'style', styleName, { text, created, modified: call.now, ...more })
    return {}
  },

  getStyle: (call, { styleName }) => {
    const found = find(call, 'style', styleName)
    if (found === undefined) throw new Failure('NoSuchStyle', { details: { StyleName: styleName } })
    return { result: { style: styleInfo(styleName, found) } }
  },

  listStyle: call => {
    const entries = entriesOf(call, 'style')
    if (entries.length === 0) throw new Failure('NoSuchStyle', { details: { BucketName: call.bucket.name } })
    return { result: { styleList: { styles: entries.map(([name, entry]) => styleInfo(name, entry)) } } }
  },

  deleteStyle: async (call, { styleName }) => {
    await keep(call, 'style', styleName, undefined)
    return { status: 204 }
  },
}
