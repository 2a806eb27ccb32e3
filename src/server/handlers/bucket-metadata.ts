import { readShape, writeShape } from '../../binding/document.js'
import type { Shape } from '../../binding/shape.js'
import { createBucketMetadataConfiguration, type MetadataConfiguration } from '../../operations/index.js'
import { parseXml } from '../../xml/parse.js'
import { xmlElement } from '../../xml/write.js'
import { Failure } from '../failure.js'
import type { Call, Handlers } from '../handler.js'
import { owner } from '../objects.js'
import { checkOneOf } from '../settings/checks.js'
import { given, updateSetting } from '../settings/setting.js'

const settingName = 'metadataConfiguration'

/** What is asked for is kept in the form in which it comes; what is answered is another, so no {@link setting} fits. */
const shape = createBucketMetadataConfiguration.request.find(([, field]) => field.place === 'document')?.[1]
  .shape as Shape<never>

/** @throws Failure NoSuchBucketMetadataConfiguration */
function present(call: Call): MetadataConfiguration {
  const source = call.bucket.record.settings[settingName]
  if (typeof source === 'string') return readShape(shape, parseXml(source).root, false) as MetadataConfiguration
  throw new Failure('NoSuchBucketMetadataConfiguration', { details: { BucketName: call.bucket.name } })
}

async function keep(call: Call, value: MetadataConfiguration | undefined): Promise<void> {
  const source = value && xmlElement('MetadataConfiguration', writeShape(shape, value, ''))
  await updateSetting(call.bucket, settingName, () => source)
}

function check(value: MetadataConfiguration): void {
  const { journalTableConfiguration: journal, inventoryTableConfiguration: inventory } = value
  if (journal === undefined) throw new Failure('MalformedXML')
  checkOneOf(journal.recordExpiration?.expiration, ['ENABLED', 'DISABLED'])
  if (inventory !== undefined) checkOneOf(inventory.configurationState, ['ENABLED', 'DISABLED'])
}

/** Tables with a bucket's metadata. They are described as if they were there. */
export const bucketMetadataHandlers: Handlers = {
  createBucketMetadataConfiguration: async (call, request) => {
    const value = given(request.metadataConfiguration)
    check(value)
    if (call.bucket.record.settings[settingName] !== undefined) {
      throw new Failure('BucketMetadataConfigurationAlreadyExists')
    }
    await keep(call, value)
    return {}
  },

  getBucketMetadataConfiguration: call => {
    const { journalTableConfiguration: journal, inventoryTableConfiguration: inventory } = present(call)
    const tableBucketArn = `acs:osstables:${call.settings.region}:${owner.id}:bucket/aliyun-oss-metadata`
    const table = (name: string) => ({
      tableStatus: 'ACTIVE',
      tableName: name,
      tableArn: `${tableBucketArn}/table/${call.bucket.name}-${name}`,
    })
    return {
      result: {
        metadataConfigurationResult: {
          destinationResult: {
            tableBucketType: 'aliyun',
            tableBucketArn,
            tableNamespace: `b_${call.bucket.name}`,
          },
          ...(journal === undefined
            ? {}
            : {
                journalTableConfigurationResult: {
                  ...table('journal'),
                  ...(journal.recordExpiration && { recordExpiration: journal.recordExpiration }),
                  ...(journal.encryptionConfiguration && { encryptionConfiguration: journal.encryptionConfiguration }),
                },
              }),
          ...(inventory === undefined
            ? {}
            : { inventoryTableConfigurationResult: { ...table('inventory'), ...inventory } }),
        },
      },
    }
  },

  deleteBucketMetadataConfiguration: async call => {
    await keep(call, undefined)
    return { status: 204 }
  },

  updateBucketMetadataInventoryTableConfiguration: async (call, request) => {
    const inventoryTableConfiguration = given(request.inventoryTableConfiguration)
    const changed = { ...present(call), inventoryTableConfiguration }
    check(changed)
    await keep(call, changed)
    return {}
  },

  updateBucketMetadataJournalTableConfiguration: async (call, request) => {
    const before = present(call)
    const journalTableConfiguration = {
      ...before.journalTableConfiguration,
      ...given(request.journalTableConfiguration),
    }
    const changed = { ...before, journalTableConfiguration }
    check(changed)
    await keep(call, changed)
    return {}
  },
}
