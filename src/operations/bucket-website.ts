import { bool, int, type Open, oneOf, text } from '../binding/codec.js'
import { document, element, elements } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type BucketRequest, bucketRequest } from './shared.js'

/** Input of {@link getBucketWebsite}. */
export interface GetBucketWebsiteRequest extends BucketRequest {}

/** Result of {@link getBucketWebsite}. */
export interface GetBucketWebsiteResult extends OperationResult {
  /** Present configuration. */
  websiteConfiguration?: WebsiteConfiguration
}

/** Page that is served for the address of a folder. */
export interface IndexDocument {
  /** Key of the page in the bucket, such as `index.html`, without `/`. */
  suffix?: string
  /**
   * Whether subfolders have index pages too, `dir/index.html` for `dir/`; otherwise the root's page serves for them.
   * @default false
   */
  supportSubDir?: boolean
  /**
   * What happens for `dir` without a `/` at its end when there is no such object but `dir/index.html`: 0 redirects to
   * `dir/`, 1 answers `NoSuchKey`, 2 serves `dir/index.html` at once. Only with `supportSubDir`.
   * @default 0
   */
  type?: number
}

const indexDocumentShape = shape<IndexDocument>({
  suffix: element('Suffix', text),
  supportSubDir: element('SupportSubDir', bool),
  type: element('Type', int),
})

/** Page that is served for missing objects. */
export interface ErrorDocument {
  /** Key of the page in the bucket, such as `error.html`. */
  key?: string
  /** Status that comes with the page: 200 or 404. @default 404 */
  httpStatus?: number
}

const errorDocumentShape = shape<ErrorDocument>({ key: element('Key', text), httpStatus: element('HttpStatus', int) })

/** Condition on a header. Exactly one of the three comparisons. */
export interface RoutingRuleIncludeHeader {
  /** Name of the header. */
  key?: string
  /** Value that the header must have. */
  equals?: string
  /** What the header's value must begin with. */
  startsWith?: string
  /** What the header's value must end with. */
  endsWith?: string
}

const routingRuleIncludeHeaderShape = shape<RoutingRuleIncludeHeader>({
  key: element('Key', text),
  equals: element('Equals', text),
  startsWith: element('StartsWith', text),
  endsWith: element('EndsWith', text),
})

/** What a request must be like for a routing rule to apply. */
export interface RoutingRuleCondition {
  /** Only for keys that end with this. */
  keySuffixEquals?: string
  /** Only when the answer would have this status; 404 for `Mirror`. */
  httpErrorCodeReturnedEquals?: number
  /** Only for requests with these headers: at most 10. */
  includeHeaders?: RoutingRuleIncludeHeader[]
  /** Only for keys that begin with this. */
  keyPrefixEquals?: string
}

const routingRuleConditionShape = shape<RoutingRuleCondition>({
  keySuffixEquals: element('KeySuffixEquals', text),
  httpErrorCodeReturnedEquals: element('HttpErrorCodeReturnedEquals', int),
  includeHeaders: elements('IncludeHeader', routingRuleIncludeHeaderShape),
  keyPrefixEquals: element('KeyPrefixEquals', text),
})

/** Header that is sent to the origin. */
export interface MirrorHeadersSet {
  /** Name of the header. */
  key?: string
  /** Its value: at most 1024 bytes. */
  value?: string
}

const mirrorHeadersSetShape = shape<MirrorHeadersSet>({ key: element('Key', text), value: element('Value', text) })

/** Request headers that go to the origin. */
export interface MirrorHeaders {
  /** Whether all headers go along except those of OSS and of the connection itself. @default false */
  passAll?: boolean
  /** Names of headers that go along: at most 10. */
  passs?: string[]
  /** Names of headers that never go along: at most 10. Wins over the others but `sets`. */
  removes?: string[]
  /** Headers that are added or replaced: at most 10. */
  sets?: MirrorHeadersSet[]
}

const mirrorHeadersShape = shape<MirrorHeaders>({
  passAll: element('PassAll', bool),
  passs: elements('Pass', text),
  removes: elements('Remove', text),
  sets: elements('Set', mirrorHeadersSetShape),
})

/** Scheme of the address that a redirect leads to. */
export type WebsiteRedirectProtocol = Open<'http' | 'https'>

const websiteRedirectProtocol = oneOf('http', 'https')

/**
 * What a routing rule does: fetch the object from an origin and store it (`Mirror`), answer with a redirect
 * (`External`), the same through Alibaba Cloud CDN (`AliCDN`), or serve another object of the bucket (`Internal`).
 */
export type WebsiteRedirectType = Open<'Mirror' | 'External' | 'AliCDN' | 'Internal'>

const websiteRedirectType = oneOf('Mirror', 'External', 'AliCDN', 'Internal')

/** Tag for objects stored from an origin. */
export interface MirrorTagging {
  /** Name of the tag. */
  key?: string
  /** Its value, or a rule such as `${x-oss-meta-stage}` that takes it from the origin's answer. */
  value?: string
}

const mirrorTaggingShape = shape<MirrorTagging>({ key: element('Key', text), value: element('Value', text) })

/** Tags for objects stored from an origin. */
export interface MirrorTaggings {
  /** The tags. */
  taggings?: MirrorTagging[]
}

const mirrorTaggingsShape = shape<MirrorTaggings>({ taggings: elements('Taggings', mirrorTaggingShape) })

/** Credentials for an origin. */
export interface MirrorAuth {
  /** Access key id. */
  accessKeyId?: string
  /** Access key secret. Answers show it masked. */
  accessKeySecret?: string
  /** How requests are signed, such as `S3V4`. */
  authType?: string
  /** Region that goes into the signature. */
  region?: string
}

const mirrorAuthShape = shape<MirrorAuth>({
  accessKeyId: element('AccessKeyId', text),
  accessKeySecret: element('AccessKeySecret', text),
  authType: element('AuthType', text),
  region: element('Region', text),
})

/** Header of the answer to the client. */
export interface ReturnHeader {
  /** Its value, or a rule such as `${x-header}` that takes it from the origin's answer. */
  value?: string
  /** Name of the header. */
  key?: string
}

const returnHeaderShape = shape<ReturnHeader>({ value: element('Value', text), key: element('Key', text) })

/** Headers of the origin's answer that go to the client. */
export interface MirrorReturnHeaders {
  /** The headers. */
  returnHeaders?: ReturnHeader[]
}

const mirrorReturnHeadersShape = shape<MirrorReturnHeaders>({
  returnHeaders: elements('ReturnHeader', returnHeaderShape),
})

/** One of several origins. */
export interface MirrorMultiAlternate {
  /** Number of the origin, different for each. */
  mirrorMultiAlternateNumber?: number
  /** Address of the origin. */
  mirrorMultiAlternateUrl?: string
  /** Id of the VPC that the origin is in. */
  mirrorMultiAlternateVpcId?: string
  /** Region that the origin is in. */
  mirrorMultiAlternateDstRegion?: string
}

const mirrorMultiAlternateShape = shape<MirrorMultiAlternate>({
  mirrorMultiAlternateNumber: element('MirrorMultiAlternateNumber', int),
  mirrorMultiAlternateUrl: element('MirrorMultiAlternateURL', text),
  mirrorMultiAlternateVpcId: element('MirrorMultiAlternateVpcId', text),
  mirrorMultiAlternateDstRegion: element('MirrorMultiAlternateDstRegion', text),
})

/** Several origins to choose from. */
export interface MirrorMultiAlternates {
  /** The origins. */
  mirrorMultiAlternates?: MirrorMultiAlternate[]
}

const mirrorMultiAlternatesShape = shape<MirrorMultiAlternates>({
  mirrorMultiAlternates: elements('MirrorMultiAlternate', mirrorMultiAlternateShape),
})

/** What a routing rule does. Fields that begin with `mirror` are for the type `Mirror` only. */
export interface RoutingRuleRedirect {
  /**
   * Address of the origin, which the key is appended to: `http://` or `https://`, with `/` at its end. Required for
   * `Mirror`.
   */
  mirrorUrl?: string
  /** Key that replaces the whole one; `${key}` stands for the old one. Not together with `replaceKeyPrefixWith`. */
  replaceKeyWith?: string
  /** Whether the part of the key that `keyPrefixEquals` names is replaced by `replaceKeyPrefixWith`. @default false */
  enableReplacePrefix?: boolean
  /** Whether the request's query goes along. @default false */
  passQueryString?: boolean
  /** Request headers that go to the origin. Without it, none. */
  mirrorHeaders?: MirrorHeaders
  /** Status of the redirect: 301, 302 or 307. For `External` and `AliCDN`. @default 302 */
  httpRedirectCode?: number
  /** Whether the host name goes into the TLS handshake with the origin. @default false */
  mirrorSni?: boolean
  /** Scheme of the redirect. For `External` and `AliCDN`. Without it, the request's. */
  protocol?: WebsiteRedirectProtocol
  /** Text that replaces the beginning of the key; empty cuts it off. Only with `enableReplacePrefix`. */
  replaceKeyPrefixWith?: string
  /** What is done. Required in requests. */
  redirectType?: WebsiteRedirectType
  /** Whether the request's query goes to the origin; wins over `passQueryString`. @default false */
  mirrorPassQueryString?: boolean
  /** Host of the redirect. For `External` and `AliCDN`. */
  hostName?: string
  /** Whether redirects of the origin are followed; otherwise they are passed on to the client. @default true */
  mirrorFollowRedirect?: boolean
  /** Whether an origin's answer with `Content-MD5` is checked before it is stored. @default false */
  mirrorCheckMd5?: boolean
  /** Whether several `/` in a row reach the origin as they are. @default false */
  mirrorPassOriginalSlashes?: boolean
  /** Whether snapshots of videos that are not stored yet are made by fetching them. @default false */
  mirrorAllowVideoSnapshot?: boolean
  /** Status of the origin at which the object is fetched in the background instead. */
  mirrorAsyncStatus?: number
  /** Tags for the stored objects. Without it, none. */
  mirrorTaggings?: MirrorTaggings
  /** Credentials for an origin that asks for signed requests. Without it, requests are not signed. */
  mirrorAuth?: MirrorAuth
  /** Region of the VPC behind an express tunnel. */
  mirrorDstRegion?: string
  /** Id of the VPC behind an express tunnel. */
  mirrorDstVpcId?: string
  /** Id of the tunnel to the origin. */
  mirrorTunnelId?: string
  /** RAM role that OSS acts as towards the origin. */
  mirrorRole?: string
  /** Whether OSS acts as `mirrorRole`. @default false */
  mirrorUsingRole?: boolean
  /** Headers of the origin's answer that go to the client. Without it, the usual ones. */
  mirrorReturnHeaders?: MirrorReturnHeaders
  /** Whether objects are only passed through and not stored. @default false */
  mirrorProxyPass?: boolean
  /** Whether the origin is reached through an express tunnel. @default false */
  mirrorIsExpressTunnel?: boolean
  /** Id of the stand-by VPC behind an express tunnel. */
  mirrorDstSlaveVpcId?: string
  /** Whether HEAD of an object that is not stored yet asks the origin too. @default false */
  mirrorAllowHeadObject?: boolean
  /** Statuses of the origin that reach the client with their bodies, joined with commas: `404,500`. */
  transparentMirrorResponseCodes?: string
  /** Whether user metadata of an origin that is OSS is stored too. @default false */
  mirrorSaveOssMeta?: boolean
  /** Whether image information about objects that are not stored yet is given by fetching them. @default false */
  mirrorAllowGetImageInfo?: boolean
  /** Address by which the health of the origin is judged. Required together with `mirrorUrlSlave`. */
  mirrorUrlProbe?: string
  /** Address of the stand-by origin, used while the probe fails. */
  mirrorUrlSlave?: string
  /** Whether the origin's `Last-Modified` is kept. @default false */
  mirrorUserLastModified?: boolean
  /** Whether any failure of the origin leads to the stand-by one. @default false */
  mirrorSwitchAllErrors?: boolean
  /** Several origins to choose from. Without it, only the one of `mirrorUrl`. */
  mirrorMultiAlternates?: MirrorMultiAlternates
}

const routingRuleRedirectShape = shape<RoutingRuleRedirect>({
  mirrorUrl: element('MirrorURL', text),
  replaceKeyWith: element('ReplaceKeyWith', text),
  enableReplacePrefix: element('EnableReplacePrefix', bool),
  passQueryString: element('PassQueryString', bool),
  mirrorHeaders: element('MirrorHeaders', mirrorHeadersShape),
  httpRedirectCode: element('HttpRedirectCode', int),
  mirrorSni: element('MirrorSNI', bool),
  protocol: element('Protocol', websiteRedirectProtocol),
  replaceKeyPrefixWith: element('ReplaceKeyPrefixWith', text),
  redirectType: element('RedirectType', websiteRedirectType),
  mirrorPassQueryString: element('MirrorPassQueryString', bool),
  hostName: element('HostName', text),
  mirrorFollowRedirect: element('MirrorFollowRedirect', bool),
  mirrorCheckMd5: element('MirrorCheckMd5', bool),
  mirrorPassOriginalSlashes: element('MirrorPassOriginalSlashes', bool),
  mirrorAllowVideoSnapshot: element('MirrorAllowVideoSnapshot', bool),
  mirrorAsyncStatus: element('MirrorAsyncStatus', int),
  mirrorTaggings: element('MirrorTaggings', mirrorTaggingsShape),
  mirrorAuth: element('MirrorAuth', mirrorAuthShape),
  mirrorDstRegion: element('MirrorDstRegion', text),
  mirrorDstVpcId: element('MirrorDstVpcId', text),
  mirrorTunnelId: element('MirrorTunnelId', text),
  mirrorRole: element('MirrorRole', text),
  mirrorUsingRole: element('MirrorUsingRole', bool),
  mirrorReturnHeaders: element('MirrorReturnHeaders', mirrorReturnHeadersShape),
  mirrorProxyPass: element('MirrorProxyPass', bool),
  mirrorIsExpressTunnel: element('MirrorIsExpressTunnel', bool),
  mirrorDstSlaveVpcId: element('MirrorDstSlaveVpcId', text),
  mirrorAllowHeadObject: element('MirrorAllowHeadObject', bool),
  transparentMirrorResponseCodes: element('TransparentMirrorResponseCodes', text),
  mirrorSaveOssMeta: element('MirrorSaveOssMeta', bool),
  mirrorAllowGetImageInfo: element('MirrorAllowGetImageInfo', bool),
  mirrorUrlProbe: element('MirrorURLProbe', text),
  mirrorUrlSlave: element('MirrorURLSlave', text),
  mirrorUserLastModified: element('MirrorUserLastModified', bool),
  mirrorSwitchAllErrors: element('MirrorSwitchAllErrors', bool),
  mirrorMultiAlternates: element('MirrorMultiAlternates', mirrorMultiAlternatesShape),
})

/** Lua script of a routing rule. */
export interface RoutingRuleLuaConfig {
  /** Name of the script. */
  script?: string
}

const routingRuleLuaConfigShape = shape<RoutingRuleLuaConfig>({ script: element('Script', text) })

/** Rule for redirects or for fetching from an origin. */
export interface RoutingRule {
  /** Place in the order in which rules are tried, from 1. Each must have one of its own. */
  ruleNumber?: number
  /** What a request must be like for the rule to apply. All parts must hold. */
  condition?: RoutingRuleCondition
  /** What is done. */
  redirect?: RoutingRuleRedirect
  /** Lua script that takes part in the rule. */
  luaConfig?: RoutingRuleLuaConfig
}

const routingRuleShape = shape<RoutingRule>({
  ruleNumber: element('RuleNumber', int),
  condition: element('Condition', routingRuleConditionShape),
  redirect: element('Redirect', routingRuleRedirectShape),
  luaConfig: element('LuaConfig', routingRuleLuaConfigShape),
})

/** Routing rules of a website. */
export interface RoutingRules {
  /** The rules: at most 20. The first that matches applies. */
  routingRules?: RoutingRule[]
}

const routingRulesShape = shape<RoutingRules>({ routingRules: elements('RoutingRule', routingRuleShape) })

/** How a bucket serves as a website. A request needs at least one of the three parts. */
export interface WebsiteConfiguration {
  /** Page for addresses of folders. Without it, there is none. */
  indexDocument?: IndexDocument
  /** Page for missing objects. Without it, there is none. */
  errorDocument?: ErrorDocument
  /** Rules for redirects and for fetching from an origin. Without them, there are none. */
  routingRules?: RoutingRules
}

const websiteConfigurationShape = shape<WebsiteConfiguration>({
  indexDocument: element('IndexDocument', indexDocumentShape),
  errorDocument: element('ErrorDocument', errorDocumentShape),
  routingRules: element('RoutingRules', routingRulesShape),
})

/**
 * Shows how a bucket serves as a website: pages and routing rules. Fails with `NoSuchWebsiteConfiguration` (404) when
 * it does not, `NoSuchBucket` (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketwebsite
 */
export const getBucketWebsite = operation<GetBucketWebsiteRequest, GetBucketWebsiteResult>({
  name: 'GetBucketWebsite',
  method: 'GET',
  query: { website: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['website'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: { websiteConfiguration: document('WebsiteConfiguration', websiteConfigurationShape) },
})

/** Input of {@link putBucketWebsite}. */
export interface PutBucketWebsiteRequest extends BucketRequest {
  /** New configuration. The service refuses a request without it. */
  websiteConfiguration?: WebsiteConfiguration
}

/** Result of {@link putBucketWebsite}. */
export interface PutBucketWebsiteResult extends OperationResult {}

/**
 * Makes a bucket serve as a website, in place of the present configuration. The pages show at the bucket's own domain
 * and for anonymous requests. Fails with `MalformedXML` (400), `InvalidArgument` (400) for rules that contradict
 * themselves, `NoSuchBucket` (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketwebsite
 */
export const putBucketWebsite = operation<PutBucketWebsiteRequest, PutBucketWebsiteResult>({
  name: 'PutBucketWebsite',
  method: 'PUT',
  query: { website: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['website'],
  contentMd5: true,
  request: { ...bucketRequest, websiteConfiguration: document('WebsiteConfiguration', websiteConfigurationShape) },
  response: {},
})

/** Input of {@link deleteBucketWebsite}. */
export interface DeleteBucketWebsiteRequest extends BucketRequest {}

/** Result of {@link deleteBucketWebsite}. */
export interface DeleteBucketWebsiteResult extends OperationResult {}

/**
 * Ends a bucket's serving as a website, routing rules included. Succeeds when it never did. Fails with `NoSuchBucket`
 * (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deletebucketwebsite
 */
export const deleteBucketWebsite = operation<DeleteBucketWebsiteRequest, DeleteBucketWebsiteResult>({
  name: 'DeleteBucketWebsite',
  method: 'DELETE',
  query: { website: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['website'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: {},
})
