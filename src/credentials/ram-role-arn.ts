import { CredentialsEmptyError, ParamInvalidError } from '../errors.js'
import type { Credentials, CredentialsProvider } from './credentials.js'
import { RefreshingCredentialsProvider } from './refreshing.js'
import { refusesCredentials, renewCredentials } from './refusal.js'
import { type AssumeRoleOptions, roleParameters } from './role-options.js'
import { StsClient, type StsParameters } from './sts.js'

/** Options of {@link RamRoleArnCredentialsProvider}. */
export interface RamRoleArnCredentialsOptions extends AssumeRoleOptions {
  /** Whose credentials ask for the role; must be a RAM user's or another role's. */
  readonly credentialsProvider: CredentialsProvider
  /** Role to assume, such as `acs:ram::123456789012:role/backup`. */
  readonly roleArn: string
  /** Identifier that a role of another account may demand. */
  readonly externalId?: string | undefined
}

/** Temporary credentials of a RAM role, which STS hands out to the credentials of another provider (`AssumeRole`). */
export class RamRoleArnCredentialsProvider extends RefreshingCredentialsProvider {
  /** @throws ParamRequiredError or ParamInvalidError naming the option */
  constructor(options: RamRoleArnCredentialsOptions) {
    const { credentialsProvider, externalId } = options
    if (typeof credentialsProvider?.getCredentials !== 'function') {
      throw new ParamInvalidError('credentialsProvider', 'expected an object with a getCredentials method')
    }
    const parameters = { ...roleParameters(options), ExternalId: externalId || undefined }
    const sts = new StsClient(options)
    super(signal => assume(sts, parameters, credentialsProvider, signal), options)
  }
}

async function assume(
  sts: StsClient,
  parameters: StsParameters,
  provider: CredentialsProvider,
  signal: AbortSignal | undefined,
): Promise<Credentials> {
  const signer = await signerOf(provider, signal)
  try {
    return await sts.assume('AssumeRole', parameters, signer, signal)
  } catch (error) {
    // The asking credentials may have expired in their turn.
    const refused = error instanceof Error && refusesCredentials(error.cause)
    if (!refused || !(await renewCredentials(provider, signer, signal))) throw error
    return sts.assume('AssumeRole', parameters, await signerOf(provider, signal), signal)
  }
}

async function signerOf(provider: CredentialsProvider, signal: AbortSignal | undefined): Promise<Credentials> {
  const signer = await provider.getCredentials(signal)
  if (!signer?.accessKeyId || !signer.accessKeySecret) throw new CredentialsEmptyError()
  return signer
}
