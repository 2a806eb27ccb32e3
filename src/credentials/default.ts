import { CredentialsProviderChain } from './chain.js'
import type { CredentialsProvider } from './credentials.js'
import { EcsRamRoleCredentialsProvider } from './ecs-ram-role.js'
import { EnvironmentCredentialsProvider } from './environment.js'
import { OidcRoleCredentialsProvider } from './oidc-role.js'
import { readFlag, readVariable } from './options.js'
import { type ProfileCredentialsOptions, ProfileCredentialsProvider } from './profile.js'
import { UriCredentialsProvider } from './uri.js'

/** Options of {@link DefaultCredentialsProvider}; they are passed on to the providers it tries. */
export interface DefaultCredentialsOptions extends ProfileCredentialsOptions {}

const alibabaCloudVariables = {
  accessKeyId: 'ALIBABA_CLOUD_ACCESS_KEY_ID',
  accessKeySecret: 'ALIBABA_CLOUD_ACCESS_KEY_SECRET',
  securityToken: 'ALIBABA_CLOUD_SECURITY_TOKEN',
}

/**
 * Finds credentials where programs of Alibaba Cloud usually have them, so that the same program runs on a desk, in a
 * container and on a server. In this order:
 *
 * 1. environment variables: `OSS_ACCESS_KEY_ID`…, then `ALIBABA_CLOUD_ACCESS_KEY_ID`…
 * 2. OIDC role, where `ALIBABA_CLOUD_ROLE_ARN`, `ALIBABA_CLOUD_OIDC_PROVIDER_ARN` and `ALIBABA_CLOUD_OIDC_TOKEN_FILE` are set
 * 3. profile file, see {@link ProfileCredentialsProvider}
 * 4. credentials URI, where `ALIBABA_CLOUD_CREDENTIALS_URI` is set
 * 5. role of the ECS instance, unless `ALIBABA_CLOUD_ECS_METADATA_DISABLED` is `true`
 *
 * Which of 2, 4 and 5 take part is decided on construction.
 */
export class DefaultCredentialsProvider extends CredentialsProviderChain {
  constructor(options: DefaultCredentialsOptions = {}) {
    super(usualProviders(options))
  }
}

function usualProviders(options: DefaultCredentialsOptions): CredentialsProvider[] {
  const { environment = process.env, metadataEndpoint, timeout, httpClient, ...rest } = options
  const has = (name: string) => readVariable(environment, name) !== undefined
  const oidc = ['ALIBABA_CLOUD_ROLE_ARN', 'ALIBABA_CLOUD_OIDC_PROVIDER_ARN', 'ALIBABA_CLOUD_OIDC_TOKEN_FILE'].every(has)
  const uri = has('ALIBABA_CLOUD_CREDENTIALS_URI')
  const metadata = !readFlag(environment, 'ALIBABA_CLOUD_ECS_METADATA_DISABLED')
  return [
    new EnvironmentCredentialsProvider(environment),
    new EnvironmentCredentialsProvider(environment, alibabaCloudVariables),
    ...(oidc ? [new OidcRoleCredentialsProvider({ ...rest, timeout, httpClient, environment })] : []),
    new ProfileCredentialsProvider(options),
    ...(uri ? [new UriCredentialsProvider({ ...rest, timeout, environment })] : []),
    // Its own timeout and a direct connection: the metadata service is beside the program, or nowhere.
    ...(metadata ? [new EcsRamRoleCredentialsProvider({ ...rest, environment, endpoint: metadataEndpoint })] : []),
  ]
}
