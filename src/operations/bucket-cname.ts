import { bool, type Open, oneOf, text } from '../binding/codec.js'
import { document, element, elements, query, required } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type BucketRequest, bucketRequest, type Toggle, toggle } from './shared.js'

/** Input of {@link createCnameToken}. */
export interface CreateCnameTokenRequest extends BucketRequest {
  /** The domain; nothing else of it matters here. The service refuses a request without it. */
  bucketCnameConfiguration?: BucketCnameConfiguration
}

/** Result of {@link createCnameToken}. */
export interface CreateCnameTokenResult extends OperationResult {
  /** The token. */
  cnameToken?: CnameToken
}

/** Certificate of a domain: either an id in the certificate service, or the certificate with its key. */
export interface CertificateConfiguration {
  /** The certificate with its chain, in PEM. */
  certificate?: string
  /** Private key of the certificate, in PEM. Never given back. */
  privateKey?: string
  /**
   * Id of the certificate that is in use now; when it is another, the request fails. Without it, `force` must be `true`
   * to replace one.
   */
  previousCertId?: string
  /** Whether the certificate is replaced whatever is in use now. @default false */
  force?: boolean
  /** Whether the certificate is taken off the domain. @default false */
  deleteCertificate?: boolean
  /** Id of the certificate in the certificate service. */
  certId?: string
}

const certificateConfigurationShape = shape<CertificateConfiguration>({
  certificate: element('Certificate', text),
  privateKey: element('PrivateKey', text),
  previousCertId: element('PreviousCertId', text),
  force: element('Force', bool),
  deleteCertificate: element('DeleteCertificate', bool),
  certId: element('CertId', text),
})

/** A domain to map to a bucket, to change or to remove. */
export interface Cname {
  /** The domain, such as `static.example.com`. */
  domain?: string
  /** Certificate for HTTPS under the domain. Without it, the present one stays. */
  certificateConfiguration?: CertificateConfiguration
  /** Whether the domain stands for all its subdomains. @default false */
  isWildCard?: boolean
}

const cnameShape = shape<Cname>({
  domain: element('Domain', text),
  certificateConfiguration: element('CertificateConfiguration', certificateConfigurationShape),
  isWildCard: element('IsWildCard', bool),
})

/** Document that holds a domain and its certificate. */
export interface BucketCnameConfiguration {
  /** The domain. */
  cname?: Cname
}

const bucketCnameConfigurationShape = shape<BucketCnameConfiguration>({ cname: element('Cname', cnameShape) })

/** Proof of the ownership of a domain. */
export interface CnameToken {
  /** The domain. */
  cname?: string
  /** Value for the TXT record. */
  token?: string
  /** When the token ends, 72 hours after its creation, as an HTTP date. */
  expireTime?: string
  /** Bucket that the domain is meant for. */
  bucket?: string
}

const cnameTokenShape = shape<CnameToken>({
  cname: element('Cname', text),
  token: element('Token', text),
  expireTime: element('ExpireTime', text),
  bucket: element('Bucket', text),
})

/**
 * Creates the token that proves the ownership of a domain: put it into a TXT record named `_dnsauth` of the domain,
 * then call {@link putCname}. A token that is still valid is given again. Fails with `AccessDenied` (403),
 * `InvalidArgument` (400) for something that is not a domain.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/createcnametoken
 */
export const createCnameToken = operation<CreateCnameTokenRequest, CreateCnameTokenResult>({
  name: 'CreateCnameToken',
  method: 'POST',
  query: { cname: '', comp: 'token' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['cname', 'comp'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    bucketCnameConfiguration: document('BucketCnameConfiguration', bucketCnameConfigurationShape),
  },
  response: { cnameToken: document('CnameToken', cnameTokenShape) },
})

/** Input of {@link getCnameToken}. */
export interface GetCnameTokenRequest extends BucketRequest {
  /** The domain. */
  cname: string
  /** Whether the domain stands for all its subdomains. @default false */
  wildcard?: boolean
}

/** Result of {@link getCnameToken}. */
export interface GetCnameTokenResult extends OperationResult {
  /** The token. */
  cnameToken?: CnameToken
}

/**
 * Reads the token of a domain. Fails with `CnameTokenNotFound` (404) when there is none or it has ended, `AccessDenied`
 * (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getcnametoken
 */
export const getCnameToken = operation<GetCnameTokenRequest, GetCnameTokenResult>({
  name: 'GetCnameToken',
  method: 'GET',
  query: { comp: 'token' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['comp', 'cname'],
  contentMd5: true,
  request: { ...bucketRequest, cname: required(query('cname', text)), wildcard: query('wildcard', bool) },
  response: { cnameToken: document('CnameToken', cnameTokenShape) },
})

/** Input of {@link putCname}. */
export interface PutCnameRequest extends BucketRequest {
  /** The domain and perhaps its certificate. The service refuses a request without it. */
  bucketCnameConfiguration?: BucketCnameConfiguration
}

/** Result of {@link putCname}. */
export interface PutCnameResult extends OperationResult {}

/**
 * Maps a domain to a bucket, or changes the certificate of a mapped one. Fails with `NeedVerifyDomainOwnership` (403)
 * until the TXT record is seen (see {@link createCnameToken}), `CnameDenied` (403) for a domain of another account,
 * `CnameAlreadyExists` (409) for one mapped elsewhere, `NoSuchCnameInRecord` (404) for one without ICP filing in
 * mainland China.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putcname
 */
export const putCname = operation<PutCnameRequest, PutCnameResult>({
  name: 'PutCname',
  method: 'POST',
  query: { cname: '', comp: 'add' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['cname', 'comp'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    bucketCnameConfiguration: document('BucketCnameConfiguration', bucketCnameConfigurationShape),
  },
  response: {},
})

/** Input of {@link listCname}. */
export interface ListCnameRequest extends BucketRequest {}

/** Result of {@link listCname}. */
export interface ListCnameResult extends OperationResult {
  /** Domains of the bucket. Absent when there are none. */
  cnames?: CnameInfo[]
  /** Name of the bucket. */
  bucket?: string
  /** Account that owns the bucket. */
  owner?: string
}

/** Where a certificate came from: Alibaba Cloud's certificate service, or an upload with the mapping. */
export type CnameCertificateType = Open<'CAS' | 'Upload'>

const cnameCertificateType = oneOf('CAS', 'Upload')

/** Certificate in use under a domain. */
export interface CnameCertificate {
  /** Fingerprint of the certificate. */
  fingerprint?: string
  /** When it becomes valid, as an HTTP date. */
  validStartDate?: string
  /** When it ends, as an HTTP date. */
  validEndDate?: string
  /** Where it came from. */
  type?: CnameCertificateType
  /** Id in the certificate service. */
  certId?: string
  /** State of the certificate. */
  status?: Toggle
  /** When it was put on the domain, as an HTTP date. */
  creationDate?: string
}

const cnameCertificateShape = shape<CnameCertificate>({
  fingerprint: element('Fingerprint', text),
  validStartDate: element('ValidStartDate', text),
  validEndDate: element('ValidEndDate', text),
  type: element('Type', cnameCertificateType),
  certId: element('CertId', text),
  status: element('Status', toggle),
  creationDate: element('CreationDate', text),
})

/** A domain mapped to a bucket. */
export interface CnameInfo {
  /** The domain. */
  domain?: string
  /** When it was mapped, ISO 8601. */
  lastModified?: string
  /** State of the domain. */
  status?: Toggle
  /** Certificate of the domain. Absent when it has none. */
  certificate?: CnameCertificate
  /** Whether the domain stands for all its subdomains. */
  isWildCard?: boolean
}

const cnameInfoShape = shape<CnameInfo>({
  domain: element('Domain', text),
  lastModified: element('LastModified', text),
  status: element('Status', toggle),
  certificate: element('Certificate', cnameCertificateShape),
  isWildCard: element('IsWildCard', bool),
})

/**
 * Lists all domains mapped to a bucket. Fails with `AccessDenied` (403), `NoSuchBucket` (404).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/listcname
 */
export const listCname = operation<ListCnameRequest, ListCnameResult>({
  name: 'ListCname',
  method: 'GET',
  query: { cname: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['cname'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: {
    cnames: elements('Cname', cnameInfoShape),
    bucket: element('Bucket', text),
    owner: element('Owner', text),
  },
})

/** Input of {@link deleteCname}. */
export interface DeleteCnameRequest extends BucketRequest {
  /** The domain. The service refuses a request without it. */
  bucketCnameConfiguration?: BucketCnameConfiguration
}

/** Result of {@link deleteCname}. */
export interface DeleteCnameResult extends OperationResult {}

/**
 * Takes a domain off a bucket; its certificate in the certificate service stays. Fails with `AccessDenied` (403),
 * `NoSuchBucket` (404).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deletecname
 */
export const deleteCname = operation<DeleteCnameRequest, DeleteCnameResult>({
  name: 'DeleteCname',
  method: 'POST',
  query: { cname: '', comp: 'delete' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['cname', 'comp'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    bucketCnameConfiguration: document('BucketCnameConfiguration', bucketCnameConfigurationShape),
  },
  response: {},
})
