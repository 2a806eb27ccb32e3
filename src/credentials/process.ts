import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { CredentialsFetchError, ParamInvalidError, TimeoutError } from '../errors.js'
import type { Credentials } from './credentials.js'
import { parseCredentials } from './document.js'
import { type Environment, requireMilliseconds, requireText } from './options.js'
import { RefreshingCredentialsProvider, type RefreshOptions } from './refreshing.js'

/** Options of {@link ProcessCredentialsProvider}. */
export interface ProcessCredentialsOptions extends RefreshOptions {
  /** How long the command may run, in milliseconds; then it is killed. @default 15000 */
  readonly timeout?: number | undefined
  /** The command's environment variables. @default process.env */
  readonly environment?: Environment | undefined
  /** The command's working directory. @default that of this process */
  readonly workingDirectory?: string | undefined
  /**
   * What becomes of the command's standard error: thrown away, or written to that of this process. It never becomes part of
   * an error, because nobody knows what secrets it holds. @default 'ignore'
   */
  readonly stderr?: 'ignore' | 'inherit' | undefined
}

const outputLimit = 64 * 1024

/**
 * Credentials from a program that prints them as JSON: `{ "AccessKeyId", "AccessKeySecret", "SecurityToken"?, "Expiration"? }`,
 * perhaps with `"Mode": "AK"` or `"StsToken"`. The form that the aliyun CLI expects of its external programs is read as well
 * (`access_key_id`, `sts_token`…). The program runs when credentials are wanted first, and again before they expire; output
 * without an expiration is kept until the service refuses it.
 */
export class ProcessCredentialsProvider extends RefreshingCredentialsProvider {
  /**
   * @param command the program; it is started directly, without a shell
   * @param args its arguments, passed as they are
   * @throws ParamInvalidError or ParamRequiredError naming what is not usable
   */
  constructor(command: string, args: readonly string[] = [], options: ProcessCredentialsOptions = {}) {
    requireText('command', command)
    if (!Array.isArray(args) || args.some(arg => typeof arg !== 'string')) {
      throw new ParamInvalidError('args', 'expected a list of strings')
    }
    const timeout = requireMilliseconds('timeout', options.timeout ?? 15_000, 1)
    const { stderr } = options
    if (stderr !== undefined && stderr !== 'ignore' && stderr !== 'inherit') {
      throw new ParamInvalidError('stderr', "expected 'ignore' or 'inherit'")
    }
    super(signal => fetch(command, [...args], timeout, options, signal), options)
  }
}

async function fetch(
  command: string,
  args: string[],
  timeout: number,
  options: ProcessCredentialsOptions,
  signal: AbortSignal | undefined,
): Promise<Credentials> {
  const output = await run(command, args, timeout, options, signal)
  try {
    return parseCredentials(output, "the command's output")
  } catch (cause) {
    // It will print the same the next moment.
    throw new CredentialsFetchError(cause, { retryable: false })
  }
}

function run(
  command: string,
  args: string[],
  timeout: number,
  { environment, workingDirectory, stderr = 'ignore' }: ProcessCredentialsOptions,
  signal: AbortSignal | undefined,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = start(command, args, {
      shell: false,
      windowsHide: true,
      stdio: ['ignore', 'pipe', stderr],
      ...(environment && { env: { ...environment } }),
      ...(workingDirectory !== undefined && { cwd: workingDirectory }),
    })
    const chunks: Buffer[] = []
    let length = 0
    const end = (settle: () => void) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      settle()
    }
    const stop = (reason: unknown) =>
      end(() => {
        child.kill('SIGKILL')
        // A grandchild may hold the pipe open; its output is of no use any more.
        child.stdout?.destroy()
        reject(reason)
      })
    const timer = setTimeout(() => stop(new TimeoutError('total', timeout)), timeout)
    const onAbort = () => stop(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    child.on('error', error => stop(notStarted(error)))
    child.on('exit', (code, killedBy) => {
      if (code !== 0) stop(new Error(`the command ended with ${killedBy ?? `exit code ${code}`}`))
    })
    child.on('close', () => end(() => resolve(Buffer.concat(chunks).toString('utf8'))))
    child.stdout?.on('data', (chunk: Buffer) => {
      length += chunk.length
      chunks.push(chunk)
      if (length > outputLimit) stop(new Error(`the command printed more than ${outputLimit} bytes`))
    })
  })
}

function start(command: string, args: string[], options: SpawnOptions): ChildProcess {
  try {
    return spawn(command, args, options)
  } catch (error) {
    throw notStarted(error)
  }
}

/** Stands for the system's own error, which lists all arguments: they may be secret. */
function notStarted(error: unknown): Error {
  return new Error(`the command could not be started: ${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}`)
}
