import { bool, type Open, oneOf, text } from '../binding/codec.js'
import { document, element, elements } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type BucketRequest, bucketRequest } from './shared.js'

/** Input of {@link getBucketHttpsConfig}. */
export interface GetBucketHttpsConfigRequest extends BucketRequest {}

/** Result of {@link getBucketHttpsConfig}. */
export interface GetBucketHttpsConfigResult extends OperationResult {
  /** Present setting. */
  httpsConfiguration?: HttpsConfiguration
}

/** Version of TLS. */
export type TlsVersion = Open<'TLSv1.0' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'>

const tlsVersion = oneOf('TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3')

/** Versions of TLS that a bucket accepts. */
export interface Tls {
  /** Whether only the listed versions are accepted. `false` accepts TLS 1.0 to 1.2. */
  enable?: boolean
  /** Accepted versions. Needed when `enable` is `true`; clients with other versions can't connect any more. */
  tlsVersions?: TlsVersion[]
}

const tlsShape = shape<Tls>({ enable: element('Enable', bool), tlsVersions: elements('TLSVersion', tlsVersion) })

/** Ciphers that a bucket accepts. */
export interface CipherSuite {
  /** Whether ciphers are limited. `false` accepts all. */
  enable?: boolean
  /** Whether the service's list of strong ciphers is used. `false` uses the lists given here. */
  strongCipherSuite?: boolean
  /** Ciphers of TLS 1.2 and before, such as `ECDHE-ECDSA-AES128-SHA256`. Only without `strongCipherSuite`. */
  customCipherSuites?: string[]
  /** Ciphers of TLS 1.3, such as `TLS_AES_256_GCM_SHA384`. Only without `strongCipherSuite`. */
  tls13CustomCipherSuites?: string[]
}

const cipherSuiteShape = shape<CipherSuite>({
  enable: element('Enable', bool),
  strongCipherSuite: element('StrongCipherSuite', bool),
  customCipherSuites: elements('CustomCipherSuite', text),
  tls13CustomCipherSuites: elements('TLS13CustomCipherSuite', text),
})

/** Which TLS connections a bucket accepts. */
export interface HttpsConfiguration {
  /** Versions. */
  tls?: Tls
  /** Ciphers. Absent means all. */
  cipherSuite?: CipherSuite
}

const httpsConfigurationShape = shape<HttpsConfiguration>({
  tls: element('TLS', tlsShape),
  cipherSuite: element('CipherSuite', cipherSuiteShape),
})

/**
 * Reads which versions and ciphers of TLS a bucket accepts. Fails with `NoSuchHttpsConfig` (404) when it was never set
 * up, `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbuckethttpsconfig
 */
export const getBucketHttpsConfig = operation<GetBucketHttpsConfigRequest, GetBucketHttpsConfigResult>({
  name: 'GetBucketHttpsConfig',
  method: 'GET',
  query: { httpsConfig: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['httpsConfig'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: { httpsConfiguration: document('HttpsConfiguration', httpsConfigurationShape) },
})

/** Input of {@link putBucketHttpsConfig}. */
export interface PutBucketHttpsConfigRequest extends BucketRequest {
  /** New setting. The service refuses a request without it. */
  httpsConfiguration?: HttpsConfiguration
}

/** Result of {@link putBucketHttpsConfig}. */
export interface PutBucketHttpsConfigResult extends OperationResult {}

/**
 * Sets which versions and ciphers of TLS a bucket accepts, at once for all clients. Fails with `AccessDenied` (403) for
 * anyone but the owner, `InvalidArgument` or `MalformedXML` (400) for unknown versions and ciphers.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbuckethttpsconfig
 */
export const putBucketHttpsConfig = operation<PutBucketHttpsConfigRequest, PutBucketHttpsConfigResult>({
  name: 'PutBucketHttpsConfig',
  method: 'PUT',
  query: { httpsConfig: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['httpsConfig'],
  contentMd5: true,
  request: { ...bucketRequest, httpsConfiguration: document('HttpsConfiguration', httpsConfigurationShape) },
  response: {},
})
