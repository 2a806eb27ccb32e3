import { bool, int, text } from '../binding/codec.js'
import { element, elements, query } from '../binding/field.js'
import { type OperationRequest, type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type Owner, ownerShape } from './shared.js'

/** Input of {@link listCloudBoxes}. */
export interface ListCloudBoxesRequest extends OperationRequest {
  /** Where the page begins: `nextMarker` of the page before. Without it, the first page. */
  marker?: string
  /** Entries per page, 1 to 1000. @default 100 */
  maxKeys?: number
  /** Only names that begin with this. */
  prefix?: string
}

/** Result of {@link listCloudBoxes}. */
export interface ListCloudBoxesResult extends OperationResult {
  /** Prefix of the request. Absent when there was none. */
  prefix?: string
  /** Marker of the request. Absent when there was none. */
  marker?: string
  /** Page size that was in effect. */
  maxKeys?: number
  /** Whether more entries follow. */
  isTruncated?: boolean
  /** Where the next page begins. Absent on the last page. */
  nextMarker?: string
  /** Account that owns the cloud boxes. */
  owner?: Owner
  /** Cloud boxes of this page. Absent when there are none. */
  cloudBoxes?: CloudBoxProperties[]
}

/** A cloud box in a listing. */
export interface CloudBoxProperties {
  /** Id of the cloud box: the client's option `cloudBoxId`. */
  id?: string
  /** Name of the cloud box. */
  name?: string
  /** Region that the cloud box belongs to. */
  region?: string
  /** Host for operations on buckets. */
  controlEndpoint?: string
  /** Host for operations on objects. */
  dataEndpoint?: string
  /** Alias of the endpoint. */
  alias?: string
}

const cloudBoxPropertiesShape = shape<CloudBoxProperties>({
  id: element('ID', text),
  name: element('Name', text),
  region: element('Region', text),
  controlEndpoint: element('ControlEndpoint', text),
  dataEndpoint: element('DataEndpoint', text),
  alias: element('Alias', text),
})

/**
 * Lists the account's cloud boxes, which keep objects at the customer's own site, a page at a time. Fails with
 * `AccessDenied` (403), `InvalidArgument` (400) for a page size out of range.
 */
export const listCloudBoxes = operation<ListCloudBoxesRequest, ListCloudBoxesResult>({
  name: 'ListCloudBoxes',
  method: 'GET',
  query: { cloudboxes: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['cloudboxes'],
  contentMd5: true,
  root: 'ListCloudBoxResult',
  request: { marker: query('marker', text), maxKeys: query('max-keys', int), prefix: query('prefix', text) },
  response: {
    prefix: element('Prefix', text),
    marker: element('Marker', text),
    maxKeys: element('MaxKeys', int),
    isTruncated: element('IsTruncated', bool),
    nextMarker: element('NextMarker', text),
    owner: element('Owner', ownerShape),
    cloudBoxes: elements('CloudBoxes/CloudBox', cloudBoxPropertiesShape),
  },
})
