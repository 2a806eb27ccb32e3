import { readFile } from 'node:fs/promises'
import { CredentialsFetchError, FileError } from '../errors.js'
import { readVariable, requireText } from './options.js'
import { RefreshingCredentialsProvider } from './refreshing.js'
import { type AssumeRoleOptions, roleParameters } from './role-options.js'
import { StsClient } from './sts.js'

/** Options of {@link OidcRoleCredentialsProvider}. */
export interface OidcRoleCredentialsOptions extends AssumeRoleOptions {
  /** Role to assume. @default `ALIBABA_CLOUD_ROLE_ARN` */
  readonly roleArn?: string | undefined
  /** Identity provider as RAM knows it. @default `ALIBABA_CLOUD_OIDC_PROVIDER_ARN` */
  readonly oidcProviderArn?: string | undefined
  /** File with the token that proves who this is. @default `ALIBABA_CLOUD_OIDC_TOKEN_FILE` */
  readonly oidcTokenFile?: string | undefined
}

/**
 * Temporary credentials of a RAM role for a program that can prove its identity with an OIDC token, such as a Kubernetes pod
 * with a service account (`AssumeRoleWithOIDC`). The token's file is read for each fetch, because the platform replaces it.
 */
export class OidcRoleCredentialsProvider extends RefreshingCredentialsProvider {
  /** @throws ParamRequiredError or ParamInvalidError naming the option that is not given, neither here nor by its variable */
  constructor(options: OidcRoleCredentialsOptions = {}) {
    const { environment = process.env } = options
    const roleArn = options.roleArn || readVariable(environment, 'ALIBABA_CLOUD_ROLE_ARN')
    const providerArn = options.oidcProviderArn || readVariable(environment, 'ALIBABA_CLOUD_OIDC_PROVIDER_ARN')
    const tokenFile = options.oidcTokenFile || readVariable(environment, 'ALIBABA_CLOUD_OIDC_TOKEN_FILE')
    const path = requireText('oidcTokenFile', tokenFile)
    const parameters = {
      ...roleParameters({ ...options, roleArn }),
      OIDCProviderArn: requireText('oidcProviderArn', providerArn),
    }
    const sts = new StsClient(options)
    super(async signal => {
      const token = await readToken(path)
      return sts.assume('AssumeRoleWithOIDC', { ...parameters, OIDCToken: token }, undefined, signal)
    }, options)
  }
}

async function readToken(path: string): Promise<string> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    // The platform may be about to write it.
    throw new CredentialsFetchError(new FileError('read', path, error))
  }
  const token = text.trim()
  if (token === '') throw new CredentialsFetchError(new Error(`the OIDC token file ${path} is empty`))
  return token
}
