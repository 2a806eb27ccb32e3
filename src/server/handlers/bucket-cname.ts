import { createHash, randomBytes } from 'node:crypto'
import type { BucketCnameConfiguration, CertificateConfiguration } from '../../operations/index.js'
import { Failure, invalidArgument } from '../failure.js'
import type { Call, Handlers } from '../handler.js'
import { owner } from '../objects.js'
import { given, updateSetting } from '../settings/setting.js'
import type { Bucket } from '../storage/bucket.js'

interface Token {
  readonly token: string
  /** In milliseconds since 1970. */
  readonly expires: number
}

interface Domain {
  readonly modified: number
  readonly wildCard?: boolean
  readonly certificate?: {
    readonly id: string
    readonly fingerprint: string
    readonly type: string
    readonly created: number
  }
}

/** What a bucket keeps about domains. */
interface Cnames {
  readonly tokens: Readonly<Record<string, Token>>
  readonly domains: Readonly<Record<string, Domain>>
}

const settingName = 'cname'
const tokenLifeMs = 72 * 60 * 60 * 1000

function cnamesOf(bucket: Bucket): Cnames {
  return (bucket.record.settings[settingName] ?? { tokens: {}, domains: {} }) as Cnames
}

function domainOf(request: { bucketCnameConfiguration?: BucketCnameConfiguration }): string {
  const domain = given(request.bucketCnameConfiguration?.cname?.domain).toLowerCase()
  if (/^(?=.{4,253}$)(?:[a-z0-9_](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,}$/.test(domain)) return domain
  throw invalidArgument('Domain', domain, 'The domain is not valid.')
}

/** The token of a domain while it lasts. */
function tokenOf(call: Call, domain: string): Token | undefined {
  const { tokens } = cnamesOf(call.bucket)
  const token = Object.hasOwn(tokens, domain) ? tokens[domain] : undefined
  return token !== undefined && call.now < token.expires ? token : undefined
}

function describeToken(call: Call, cname: string, { token, expires }: Token) {
  const expireTime = new Date(expires).toUTCString()
  return { result: { cnameToken: { bucket: call.bucket.name, cname, token, expireTime } } }
}

async function keep(call: Call, change: (before: Cnames) => Cnames): Promise<void> {
  await updateSetting(call.bucket, settingName, () => change(cnamesOf(call.bucket)))
}

function certificateOf(call: Call, before: Domain['certificate'], wanted: CertificateConfiguration | undefined) {
  if (wanted === undefined) return before
  if (wanted.deleteCertificate === true) return undefined
  if (before !== undefined && wanted.force !== true && wanted.previousCertId !== before.id) {
    throw new Failure('PreconditionFailed', { message: 'The certificate in use is not the expected one.' })
  }
  const source = wanted.certificate ?? wanted.certId
  if (source === undefined) throw new Failure('MalformedXML')
  const fingerprint = createHash('sha1')
    .update(source)
    .digest('hex')
    .toUpperCase()
    .replace(/(..)(?!$)/g, '$1:')
  const type = wanted.certificate === undefined ? 'CAS' : 'Upload'
  return {
    id: wanted.certId ?? `${randomBytes(4).readUInt32BE()}-${call.settings.region}`,
    fingerprint,
    type,
    created: call.now,
  }
}

/** Domains mapped to a bucket. There is no name system to look at: a token that was made counts as published. */
export const bucketCnameHandlers: Handlers = {
  createCnameToken: async (call, request) => {
    const domain = domainOf(request)
    const made = { token: randomBytes(16).toString('hex'), expires: call.now + tokenLifeMs }
    const token = tokenOf(call, domain) ?? made
    await keep(call, before => ({ ...before, tokens: { ...before.tokens, [domain]: token } }))
    return describeToken(call, domain, token)
  },

  getCnameToken: (call, { cname }) => {
    const token = tokenOf(call, cname)
    if (token === undefined) throw new Failure('CnameTokenNotFound', { details: { Cname: cname } })
    return describeToken(call, cname, token)
  },

  putCname: async (call, request) => {
    const domain = domainOf(request)
    const wanted = request.bucketCnameConfiguration?.cname
    const elsewhere = call.store
      .buckets()
      .some(bucket => bucket !== call.bucket && Object.hasOwn(cnamesOf(bucket).domains, domain))
    if (elsewhere) throw new Failure('CnameAlreadyExists', { details: { Cname: domain } })
    const before = cnamesOf(call.bucket).domains[domain]
    if (before === undefined && tokenOf(call, domain) === undefined) {
      throw new Failure('NeedVerifyDomainOwnership', { details: { Cname: domain } })
    }
    const certificate = certificateOf(call, before?.certificate, wanted?.certificateConfiguration)
    const entry: Domain = {
      modified: call.now,
      ...(wanted?.isWildCard === undefined ? {} : { wildCard: wanted.isWildCard }),
      ...(certificate === undefined ? {} : { certificate }),
    }
    await keep(call, all => ({ ...all, domains: { ...all.domains, [domain]: entry } }))
    return {}
  },

  listCname: call => ({
    root: 'ListCnameResult',
    result: {
      bucket: call.bucket.name,
      owner: owner.id,
      cnames: Object.entries(cnamesOf(call.bucket).domains).map(([domain, entry]) => ({
        domain,
        lastModified: new Date(entry.modified).toISOString(),
        status: 'Enabled',
        ...(entry.wildCard === undefined ? {} : { isWildCard: entry.wildCard }),
        ...(entry.certificate === undefined ? {} : { certificate: describeCertificate(entry.certificate) }),
      })),
    },
  }),

  deleteCname: async (call, request) => {
    const domain = domainOf(request)
    await keep(call, ({ tokens, domains: { [domain]: _gone, ...domains } }) => ({ tokens, domains }))
    return {}
  },
}

function describeCertificate({ id, fingerprint, type, created }: NonNullable<Domain['certificate']>) {
  const creationDate = new Date(created).toUTCString()
  return { certId: id, fingerprint, type, status: 'Enabled', creationDate }
}
