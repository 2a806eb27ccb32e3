import type { DirectoryOptions, DirectorySummary, FileReport } from '../transfer/directory-options.js'
import type { TransferOptions } from '../transfer/options.js'
import { type CommandLine, readCount, readSize } from './command-line.js'
import { describeError, errorFields, formatSize, oneLine, printJson, printLine } from './print.js'
import { ProgressLine } from './progress.js'

const string = { type: 'string' } as const
const flag = { type: 'boolean' } as const

/** Options of commands that work on many files. */
export const manyOptions = {
  job: { ...string, short: 'j' },
  include: { ...string, multiple: true },
  exclude: { ...string, multiple: true },
  'dry-run': { ...flag, short: 'n' },
  'continue-on-error': flag,
  quiet: { ...flag, short: 'q' },
} as const

/** Options of commands that move bytes. */
export const moveOptions = {
  ...manyOptions,
  parallel: string,
  'part-size': string,
  'checkpoint-dir': string,
  'storage-class': string,
  acl: string,
  'follow-symlinks': flag,
  'empty-folders': flag,
} as const

/** Usage of {@link manyOptions}. */
export const manyUsage = `
  -j, --job N              files or requests at the same time (default 8)
      --include PATTERN    only names that fit; may be repeated
      --exclude PATTERN    not names that fit, stronger than --include; may be repeated
  -n, --dry-run            show what would be done, change nothing
      --continue-on-error  go on after a file that fails; the exit status is 1 all the same
  -q, --quiet              do not list files`

/** Usage of {@link moveOptions}. */
export const moveUsage = `${manyUsage}
      --parallel N         parts of one file at the same time (default 3)
      --part-size SIZE     bytes of a part, such as 8m
      --checkpoint-dir DIR keep records there, with which a broken upload or download goes on
      --storage-class C    storage class of uploaded objects
      --acl A              access rule of uploaded objects
      --follow-symlinks    upload what links lead to, instead of passing over them
      --empty-folders      store an object for each folder without files`

type ManyLine = CommandLine<typeof manyOptions>
type MoveLine = CommandLine<typeof moveOptions>

/** Options of the client for many files, with reports printed as they come. */
export function manyFiles({ values, json, wrong }: ManyLine, signal: AbortSignal): ManyFiles {
  const parallelFiles = readCount('job', values.job, wrong)
  const line = new ProgressLine()
  const options: DirectoryOptions = {
    signal,
    onFailure: values['continue-on-error'] ? 'continue' : 'stop',
    dryRun: values['dry-run'] ?? false,
    ...(parallelFiles !== undefined && { parallelFiles }),
    ...(values.include && { include: values.include }),
    ...(values.exclude && { exclude: values.exclude }),
    onFile: report => {
      line.file()
      return printReport(report, line, json, values.quiet ?? false)
    },
  }
  return { options, line, finish: summary => finish(summary, line, json) }
}

/** What {@link manyFiles} gives. */
export interface ManyFiles {
  readonly options: DirectoryOptions
  readonly line: ProgressLine
  /** Prints the summary and gives the exit status. */
  readonly finish: (summary: DirectorySummary) => Promise<number>
}

async function printReport(report: FileReport, line: ProgressLine, json: boolean, quiet: boolean): Promise<void> {
  const { status, key, error, reason } = report
  if (quiet && status !== 'failed') return
  line.clear()
  if (json) return printJson({ ...report, ...(error !== undefined && { error: errorFields(error) }) })
  if (status === 'failed') {
    process.stderr.write(`failed ${oneLine(key)}: ${describeError(error)}\n`)
    return
  }
  await printLine(`${status} ${oneLine(key)}${reason === undefined ? '' : `: ${reason}`}`)
}

async function finish(summary: DirectorySummary, line: ProgressLine, json: boolean): Promise<number> {
  line.clear()
  const { transferred, skipped, failed, deleted, bytes, dryRun } = summary
  if (json) await printJson({ summary })
  else
    await printLine(
      `${dryRun ? 'dry run: ' : ''}${transferred} transferred (${formatSize(bytes)}), ${skipped} skipped, ${deleted} deleted, ${failed} failed`,
    )
  return failed > 0 ? 1 : 0
}

/** Size and number of the parts of one file. */
export function partOptions({ values, wrong }: MoveLine): Pick<TransferOptions, 'partSize' | 'parallelNum'> {
  const partSize = readSize('part-size', values['part-size'], wrong)
  const parallelNum = readCount('parallel', values.parallel, wrong)
  return { ...(partSize !== undefined && { partSize }), ...(parallelNum !== undefined && { parallelNum }) }
}

/** Where transfers keep the records with which they go on after a break. */
export function checkpointOptions({ values }: MoveLine): { enableCheckpoint?: true; checkpointDir?: string } {
  const checkpointDir = values['checkpoint-dir']
  return checkpointDir === undefined ? {} : { enableCheckpoint: true, checkpointDir }
}

/** Properties that uploaded objects get. */
export function uploadProperties({ values }: MoveLine) {
  return {
    ...(values['storage-class'] !== undefined && { storageClass: values['storage-class'] }),
    ...(values.acl !== undefined && { acl: values.acl }),
  }
}

/** What directories are read and written with. */
export function folderOptions({ values }: MoveLine) {
  return {
    symlinks: values['follow-symlinks'] ? ('follow' as const) : ('skip' as const),
    emptyFolders: values['empty-folders'] ?? false,
  }
}
