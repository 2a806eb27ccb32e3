import { text } from '../binding/codec.js'
import { element, elements, query } from '../binding/field.js'
import { type OperationRequest, type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'

/** Input of {@link describeRegions}. */
export interface DescribeRegionsRequest extends OperationRequest {
  /** Region to look up, with its prefix: `oss-cn-hangzhou`. Without it, all regions. */
  regions?: string
}

/** Result of {@link describeRegions}. */
export interface DescribeRegionsResult extends OperationResult {
  /** Regions that were found. */
  regionInfo?: RegionInfo[]
}

/** A region and its endpoints, which are host names. */
export interface RegionInfo {
  /** Id of the region with its prefix: `oss-cn-hangzhou`. */
  region?: string
  /** Endpoint on the internet. */
  internetEndpoint?: string
  /** Endpoint inside the cloud, for machines of the same region. */
  internalEndpoint?: string
  /** Endpoint of transfer acceleration. The same for all regions. */
  accelerateEndpoint?: string
}

const regionInfoShape = shape<RegionInfo>({
  region: element('Region', text),
  internetEndpoint: element('InternetEndpoint', text),
  internalEndpoint: element('InternalEndpoint', text),
  accelerateEndpoint: element('AccelerateEndpoint', text),
})

/**
 * Lists the regions of OSS with their endpoints, or looks up one of them. Fails with `NoSuchRegion` (404) for a name
 * that does not exist.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/describeregions
 */
export const describeRegions = operation<DescribeRegionsRequest, DescribeRegionsResult>({
  name: 'DescribeRegions',
  method: 'GET',
  query: { regions: '' },
  root: 'RegionInfoList',
  request: { regions: query('regions', text) },
  response: { regionInfo: elements('RegionInfo', regionInfoShape) },
})
