import { bool, int, type Open, oneOf, text } from '../binding/codec.js'
import {
  bucketName,
  document,
  element,
  elements,
  header,
  query,
  receivedText,
  required,
  sentBody,
} from '../binding/field.js'
import { type OperationRequest, type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import type { Body } from '../pipeline/body.js'
import {
  type BucketRequest,
  bucketRequest,
  type PublicAccessBlockConfiguration,
  publicAccessBlockConfigurationShape,
} from './shared.js'

/** Input of {@link listAccessPoints}. */
export interface ListAccessPointsRequest extends OperationRequest {
  /** Bucket whose access points are listed. Without it, all those of the account in the region. */
  bucket?: string
  /** Entries per page: 1 to 100 for a bucket, 1 to 1000 for an account. */
  maxKeys?: number
  /** Where the page begins: `nextContinuationToken` of the page before. Without it, the first page. */
  continuationToken?: string
}

/** Result of {@link listAccessPoints}. */
export interface ListAccessPointsResult extends OperationResult {
  /** Access points of this page. Absent when there are none. */
  accessPoints?: AccessPoint[]
  /** Page size that was in effect. */
  maxKeys?: number
  /** Whether more entries follow. */
  isTruncated?: boolean
  /** Where the next page begins. Absent on the last page. */
  nextContinuationToken?: string
  /** Account that owns the access points. */
  accountId?: string
}

/** Where requests through an access point may come from: one VPC, or the internet and internal endpoints alike. */
export type AccessPointNetworkOrigin = Open<'vpc' | 'internet'>

const accessPointNetworkOrigin = oneOf('vpc', 'internet')

/** VPC that an access point is limited to. */
export interface AccessPointVpcConfiguration {
  /** Id of the VPC. Needed exactly when the network origin is `vpc`. */
  vpcId?: string
}

const accessPointVpcConfigurationShape = shape<AccessPointVpcConfiguration>({ vpcId: element('VpcId', text) })

/** State of an access point. Only `enable` serves requests. */
export type AccessPointStatus = Open<'enable' | 'disable' | 'creating' | 'deleting'>

const accessPointStatus = oneOf('enable', 'disable', 'creating', 'deleting')

/** An access point in a listing. */
export interface AccessPoint {
  /** Where requests may come from. */
  networkOrigin?: AccessPointNetworkOrigin
  /** VPC from which it may be used. Absent for `internet`. */
  vpcConfiguration?: AccessPointVpcConfiguration
  /** State. Only `enable` serves requests. */
  status?: AccessPointStatus
  /** Bucket that it leads to. */
  bucket?: string
  /** Name. */
  accessPointName?: string
  /** Name to use in place of a bucket's; ends in `-ossalias`. */
  alias?: string
}

const accessPointShape = shape<AccessPoint>({
  networkOrigin: element('NetworkOrigin', accessPointNetworkOrigin),
  vpcConfiguration: element('VpcConfiguration', accessPointVpcConfigurationShape),
  status: element('Status', accessPointStatus),
  bucket: element('Bucket', text),
  accessPointName: element('AccessPointName', text),
  alias: element('Alias', text),
})

/**
 * Lists access points: those of one bucket, or of the whole account when no bucket is given. Fails with `AccessDenied`
 * (403), `NoSuchBucket` (404).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/listaccesspoints
 */
export const listAccessPoints = operation<ListAccessPointsRequest, ListAccessPointsResult>({
  name: 'ListAccessPoints',
  method: 'GET',
  query: { accessPoint: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['accessPoint'],
  contentMd5: true,
  root: 'ListAccessPointsResult',
  request: {
    bucket: bucketName,
    maxKeys: query('max-keys', int),
    continuationToken: query('continuation-token', text),
  },
  response: {
    accessPoints: elements('AccessPoints/AccessPoint', accessPointShape),
    maxKeys: element('MaxKeys', int),
    isTruncated: element('IsTruncated', bool),
    nextContinuationToken: element('NextContinuationToken', text),
    accountId: element('AccountId', text),
  },
})

/** Input of {@link getAccessPoint}. */
export interface GetAccessPointRequest extends BucketRequest {
  /** Access point that is meant, by name. */
  accessPointName: string
}

/** Result of {@link getAccessPoint}. */
export interface GetAccessPointResult extends OperationResult {
  /** Account that owns the access point. */
  accountId?: string
  /** Where requests may come from. */
  networkOrigin?: AccessPointNetworkOrigin
  /** Resource name, such as `acs:oss:cn-hangzhou:1234567890:accesspoint/ap-01`; policies name it. */
  accessPointArn?: string
  /** State. Only `enable` serves requests. */
  status?: AccessPointStatus
  /** When it was created, in seconds since 1970, as text. */
  creationDate?: string
  /** Name. */
  accessPointName?: string
  /** Bucket that it leads to. */
  bucket?: string
  /** Hosts under which it is reached. */
  endpoints?: Endpoints
  /** Whether public access through it is blocked. */
  publicAccessBlockConfiguration?: PublicAccessBlockConfiguration
  /** VPC from which it may be used. Absent for `internet`. */
  vpcConfiguration?: AccessPointVpcConfiguration
  /** Name to use in place of a bucket's; ends in `-ossalias`. */
  alias?: string
}

/** Hosts under which an access point is reached. */
export interface Endpoints {
  /** Host for the internet. */
  publicEndpoint?: string
  /** Host for machines in the same region. */
  internalEndpoint?: string
}

const endpointsShape = shape<Endpoints>({
  publicEndpoint: element('PublicEndpoint', text),
  internalEndpoint: element('InternalEndpoint', text),
})

/**
 * Describes an access point. Fails with `NoSuchAccessPoint` (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getaccesspoint
 */
export const getAccessPoint = operation<GetAccessPointRequest, GetAccessPointResult>({
  name: 'GetAccessPoint',
  method: 'GET',
  query: { accessPoint: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['accessPoint'],
  contentMd5: true,
  root: 'GetAccessPointResult',
  request: { ...bucketRequest, accessPointName: required(header('x-oss-access-point-name', text)) },
  response: {
    accountId: element('AccountId', text),
    networkOrigin: element('NetworkOrigin', accessPointNetworkOrigin),
    accessPointArn: element('AccessPointArn', text),
    status: element('Status', accessPointStatus),
    creationDate: element('CreationDate', text),
    accessPointName: element('AccessPointName', text),
    bucket: element('Bucket', text),
    endpoints: element('Endpoints', endpointsShape),
    publicAccessBlockConfiguration: element('PublicAccessBlockConfiguration', publicAccessBlockConfigurationShape),
    vpcConfiguration: element('VpcConfiguration', accessPointVpcConfigurationShape),
    alias: element('Alias', text),
  },
})

/** Input of {@link getAccessPointPolicy}. */
export interface GetAccessPointPolicyRequest extends BucketRequest {
  /** Access point that is meant, by name. */
  accessPointName: string
}

/** Result of {@link getAccessPointPolicy}. */
export interface GetAccessPointPolicyResult extends OperationResult {
  /** The policy as JSON text. */
  body?: string
}

/**
 * Reads the policy of an access point. Fails with `NoSuchAccessPointPolicy` (404) when it has none, `NoSuchAccessPoint`
 * (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getaccesspointpolicy
 */
export const getAccessPointPolicy = operation<GetAccessPointPolicyRequest, GetAccessPointPolicyResult>({
  name: 'GetAccessPointPolicy',
  method: 'GET',
  query: { accessPointPolicy: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['accessPointPolicy'],
  contentMd5: true,
  request: { ...bucketRequest, accessPointName: required(header('x-oss-access-point-name', text)) },
  response: { body: receivedText },
})

/** Input of {@link deleteAccessPointPolicy}. */
export interface DeleteAccessPointPolicyRequest extends BucketRequest {
  /** Access point that is meant, by name. */
  accessPointName: string
}

/** Result of {@link deleteAccessPointPolicy}. */
export interface DeleteAccessPointPolicyResult extends OperationResult {}

/**
 * Removes the policy of an access point. Fails with `NoSuchAccessPoint` (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deleteaccesspointpolicy
 */
export const deleteAccessPointPolicy = operation<DeleteAccessPointPolicyRequest, DeleteAccessPointPolicyResult>({
  name: 'DeleteAccessPointPolicy',
  method: 'DELETE',
  query: { accessPointPolicy: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['accessPointPolicy'],
  contentMd5: true,
  request: { ...bucketRequest, accessPointName: required(header('x-oss-access-point-name', text)) },
  response: {},
})

/** Input of {@link putAccessPointPolicy}. */
export interface PutAccessPointPolicyRequest extends BucketRequest {
  /** Access point that is meant, by name. The service refuses a request without it. */
  accessPointName?: string
  /** The policy as JSON, in the language of bucket policies; its resources are ARNs of the access point. */
  body?: Body
}

/** Result of {@link putAccessPointPolicy}. */
export interface PutAccessPointPolicyResult extends OperationResult {}

/**
 * Sets the policy of an access point in place of the present one. Fails with `InvalidPolicyDocument` (400) for a policy
 * that is not valid, `NoSuchAccessPoint` (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putaccesspointpolicy
 */
export const putAccessPointPolicy = operation<PutAccessPointPolicyRequest, PutAccessPointPolicyResult>({
  name: 'PutAccessPointPolicy',
  method: 'PUT',
  query: { accessPointPolicy: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['accessPointPolicy'],
  request: { ...bucketRequest, accessPointName: header('x-oss-access-point-name', text), body: sentBody },
  response: {},
})

/** Input of {@link deleteAccessPoint}. */
export interface DeleteAccessPointRequest extends BucketRequest {
  /** Access point that is meant, by name. */
  accessPointName: string
}

/** Result of {@link deleteAccessPoint}. */
export interface DeleteAccessPointResult extends OperationResult {}

/**
 * Removes an access point for good; its alias stops working. Fails with `NoSuchAccessPoint` (404), `AccessDenied`
 * (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deleteaccesspoint
 */
export const deleteAccessPoint = operation<DeleteAccessPointRequest, DeleteAccessPointResult>({
  name: 'DeleteAccessPoint',
  method: 'DELETE',
  query: { accessPoint: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['accessPoint'],
  contentMd5: true,
  request: { ...bucketRequest, accessPointName: required(header('x-oss-access-point-name', text)) },
  response: {},
})

/** Input of {@link createAccessPoint}. */
export interface CreateAccessPointRequest extends BucketRequest {
  /** Description of the access point. The service refuses a request without it. */
  createAccessPointConfiguration?: CreateAccessPointConfiguration
}

/** Result of {@link createAccessPoint}. */
export interface CreateAccessPointResult extends OperationResult {
  /** Resource name of the new access point, as policies name it. */
  accessPointArn?: string
  /** Name to use in place of a bucket's; ends in `-ossalias`. */
  alias?: string
}

/** What an access point is to be. */
export interface CreateAccessPointConfiguration {
  /**
   * Name: 3 to 19 lower-case letters, digits and inner hyphens, not ending in `-ossalias`; one of its kind in account
   * and region.
   */
  accessPointName?: string
  /** Where requests may come from. */
  networkOrigin?: AccessPointNetworkOrigin
  /** VPC from which it may be used. Only for `vpc`. */
  vpcConfiguration?: AccessPointVpcConfiguration
}

const createAccessPointConfigurationShape = shape<CreateAccessPointConfiguration>({
  accessPointName: element('AccessPointName', text),
  networkOrigin: element('NetworkOrigin', accessPointNetworkOrigin),
  vpcConfiguration: element('VpcConfiguration', accessPointVpcConfigurationShape),
})

/**
 * Creates an access point: a further name for a bucket with a policy and a network limit of its own. It takes a while
 * until {@link getAccessPoint} tells `enable`. At most 100 for a bucket and 1000 for an account. Fails with
 * `InvalidArgument` (400) for a name that is not allowed, `AccessDenied` (403), `NoSuchBucket` (404).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/createaccesspoint
 */
export const createAccessPoint = operation<CreateAccessPointRequest, CreateAccessPointResult>({
  name: 'CreateAccessPoint',
  method: 'PUT',
  query: { accessPoint: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['accessPoint'],
  contentMd5: true,
  root: 'CreateAccessPointResult',
  request: {
    ...bucketRequest,
    createAccessPointConfiguration: document('CreateAccessPointConfiguration', createAccessPointConfigurationShape),
  },
  response: { accessPointArn: element('AccessPointArn', text), alias: element('Alias', text) },
})
