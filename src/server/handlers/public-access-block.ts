import type { Handlers } from '../handler.js'
import { accountBlockSetting } from '../public-access.js'
import { given } from '../settings/setting.js'

/** The block of public access for the whole account. That of buckets is a setting, that of access points part of them. */
export const publicAccessBlockHandlers: Handlers = {
  putPublicAccessBlock: async (call, request) => {
    const blocked = given(request.publicAccessBlockConfiguration).blockPublicAccess === true
    await call.store.updateAccount(record => ({
      ...record,
      settings: { ...record.settings, [accountBlockSetting]: blocked },
    }))
    return {}
  },

  getPublicAccessBlock: call => {
    const blockPublicAccess = call.store.account.settings[accountBlockSetting] === true
    return { result: { publicAccessBlockConfiguration: { blockPublicAccess } } }
  },

  deletePublicAccessBlock: async call => {
    await call.store.updateAccount(record => {
      const { [accountBlockSetting]: _block, ...settings } = record.settings
      return { ...record, settings }
    })
    return { status: 204 }
  },
}
