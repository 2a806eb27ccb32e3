import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { CredentialsEmptyError, CredentialsFetchError, FileError, OssError } from '../errors.js'
import type { Credentials, CredentialsProvider } from './credentials.js'
import { readFlag, readVariable, requireMilliseconds } from './options.js'
import { findProfile, type Profile } from './profile-file.js'
import { type ProfileSourceOptions, providerOf } from './profile-provider.js'
import { untilAborted } from './wait.js'

/** Options of {@link ProfileCredentialsProvider}. */
export interface ProfileCredentialsOptions extends ProfileSourceOptions {
  /** The file. @default `ALIBABA_CLOUD_CREDENTIALS_FILE`, else the usual places */
  readonly path?: string | undefined
  /** Name of the profile. @default `ALIBABA_CLOUD_PROFILE`, else the CLI's current profile, in an INI file `default` */
  readonly profile?: string | undefined
  /** Folder where the usual places are. @default the user's home directory */
  readonly homeDirectory?: string | undefined
  /** How often, at most, the file is looked at for changes, in milliseconds. @default 5000 */
  readonly checkInterval?: number | undefined
}

interface Loaded {
  readonly path: string
  /** Changes whenever the file does. */
  readonly version: string
  /** The profile as text, to see whether it changed with its file. */
  readonly content: string
  readonly provider: CredentialsProvider
}

/**
 * Credentials from a profile in a file. Without a `path` it is the one named by `ALIBABA_CLOUD_CREDENTIALS_FILE`, else
 * `~/.aliyun/config.json` of the aliyun CLI (unless `ALIBABA_CLOUD_CLI_PROFILE_DISABLED` is `true`), else
 * `~/.alibabacloud/credentials`. Both forms may stand in any of them: the CLI's JSON with the modes `AK`, `StsToken`,
 * `RamRoleArn`, `ChainableRamRoleArn`, `EcsRamRole`, `OIDC` and `External`, and INI with the types `access_key`, `sts`,
 * `ram_role_arn`, `ecs_ram_role` and `oidc_role_arn`. A change of the file is noticed; while it cannot be read, what was
 * read before stays in use.
 */
export class ProfileCredentialsProvider implements CredentialsProvider {
  readonly #paths: readonly string[]
  readonly #profile: string | undefined
  readonly #checkInterval: number
  readonly #options: ProfileSourceOptions
  readonly #clock: () => number
  #loaded: Loaded | undefined
  #checkedAt = Number.NEGATIVE_INFINITY
  #check: Promise<CredentialsProvider> | undefined

  /** @throws ParamInvalidError naming the option that is not usable */
  constructor(options: ProfileCredentialsOptions = {}) {
    const { path, profile, homeDirectory, checkInterval = 5_000, ...rest } = options
    const { environment = process.env } = options
    const named = path || readVariable(environment, 'ALIBABA_CLOUD_CREDENTIALS_FILE')
    const home = homeDirectory ?? homedir()
    const cli = readFlag(environment, 'ALIBABA_CLOUD_CLI_PROFILE_DISABLED')
      ? []
      : [join(home, '.aliyun', 'config.json')]
    this.#paths = named ? [named] : [...cli, join(home, '.alibabacloud', 'credentials')]
    this.#profile = profile || readVariable(environment, 'ALIBABA_CLOUD_PROFILE')
    this.#checkInterval = requireMilliseconds('checkInterval', checkInterval)
    this.#options = rest
    this.#clock = options.clock ?? (() => Date.now())
  }

  /**
   * @throws CredentialsEmptyError when there is no such file or profile
   * @throws CredentialsFetchError when the file cannot be read, the profile is not complete, or what it describes fails
   */
  getCredentials(signal?: AbortSignal): Credentials | Promise<Credentials> {
    const sinceCheck = this.#clock() - this.#checkedAt
    if (this.#loaded && sinceCheck >= 0 && sinceCheck < this.#checkInterval) {
      return this.#loaded.provider.getCredentials(signal)
    }
    this.#check ??= this.#load().finally(() => {
      this.#check = undefined
    })
    return untilAborted(this.#check, signal).then(provider => provider.getCredentials(signal))
  }

  invalidate(credentials: Credentials): void {
    // The file may hold the successor already.
    this.#checkedAt = Number.NEGATIVE_INFINITY
    this.#loaded?.provider.invalidate?.(credentials)
  }

  async #load(): Promise<CredentialsProvider> {
    try {
      this.#loaded = await this.#find()
    } catch (error) {
      // It may be in the middle of being written.
      if (this.#loaded === undefined) {
        throw error instanceof OssError ? error : new CredentialsFetchError(error, { retryable: false })
      }
    }
    this.#checkedAt = this.#clock()
    return this.#loaded.provider
  }

  async #find(): Promise<Loaded> {
    const without: string[] = []
    for (const path of this.#paths) {
      const found = await this.#read(path)
      if (typeof found === 'object') return found
      without.push(found)
    }
    throw new CredentialsEmptyError({ cause: new Error(without.join(', ')) })
  }

  /** Reads one file; a text says why nothing is found there. */
  async #read(path: string): Promise<Loaded | string> {
    let version: string
    let text: string
    try {
      const { mtimeMs, ino, size } = await stat(path)
      version = `${mtimeMs} ${ino} ${size}`
      if (this.#loaded?.path === path && this.#loaded.version === version) return this.#loaded
      text = await readFile(path, 'utf8')
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR') return `there is no file ${path}`
      throw new CredentialsFetchError(new FileError('read', path, error), { retryable: false })
    }
    const profile = findProfile(text, this.#profile)
    if (profile === undefined) return `${path} has no profile ${JSON.stringify(this.#profile ?? 'default')}`
    return { path, version, ...this.#provide(profile) }
  }

  /** A profile that did not change keeps its provider, and with it the temporary credentials at hand. */
  #provide(profile: Profile): Pick<Loaded, 'content' | 'provider'> {
    const content = JSON.stringify(profile)
    if (this.#loaded?.content === content) return { content, provider: this.#loaded.provider }
    return { content, provider: providerOf(profile, this.#options) }
  }
}
