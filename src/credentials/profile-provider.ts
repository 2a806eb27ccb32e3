import type { CredentialsProvider } from './credentials.js'
import { EcsRamRoleCredentialsProvider } from './ecs-ram-role.js'
import { OidcRoleCredentialsProvider } from './oidc-role.js'
import type { Environment } from './options.js'
import { ProcessCredentialsProvider } from './process.js'
import type { Profile } from './profile-file.js'
import { RamRoleArnCredentialsProvider } from './ram-role-arn.js'
import type { RefreshOptions } from './refreshing.js'
import { splitCommand } from './split-command.js'
import { StaticCredentialsProvider } from './static.js'
import type { TransportOptions } from './transport.js'

/** What the providers behind a profile are made with, besides what the profile says. */
export interface ProfileSourceOptions extends RefreshOptions, TransportOptions {
  /** URL of the ECS metadata service. @default 'http://100.100.100.200' */
  readonly metadataEndpoint?: string | undefined
  /** Where variables are looked up. @default process.env */
  readonly environment?: Environment | undefined
}

/** Makes the provider that a profile describes. @throws ParamInvalidError or Error where its values cannot be used */
export function providerOf(profile: Profile, options: ProfileSourceOptions): CredentialsProvider {
  const { metadataEndpoint, timeout, httpClient, ...common } = options
  switch (profile.type) {
    case 'static':
      return new StaticCredentialsProvider(profile.accessKeyId, profile.accessKeySecret, profile.securityToken)
    case 'ecs':
      return new EcsRamRoleCredentialsProvider({ ...common, roleName: profile.roleName, endpoint: metadataEndpoint })
    case 'role': {
      const credentialsProvider = providerOf(profile.source, options)
      return new RamRoleArnCredentialsProvider({ ...common, timeout, httpClient, ...profile.role, credentialsProvider })
    }
    case 'oidc': {
      const { oidcProviderArn, oidcTokenFile, role } = profile
      return new OidcRoleCredentialsProvider({
        ...common,
        timeout,
        httpClient,
        ...role,
        oidcProviderArn,
        oidcTokenFile,
      })
    }
    case 'process': {
      const [command = '', ...args] = splitCommand(profile.command)
      return new ProcessCredentialsProvider(command, args, common)
    }
  }
}
