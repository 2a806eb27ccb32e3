#!/usr/bin/env node
import { OssError } from '../errors.js'
import { version } from '../internal/version.js'
import { describeError } from './print.js'
import { UsageError } from './usage-error.js'

interface Command {
  readonly summary: string
  /** Does it, and gives the exit status. */
  readonly run: (args: string[]) => Promise<number | undefined>
}

// Commands are loaded when they are called: listing them must not cost a server.
const commands: Readonly<Record<string, Command>> = {
  cp: { summary: 'copy files to, from and between buckets', run: async args => (await import('./cp.js')).cp(args) },
  sync: { summary: 'make one folder like another', run: async args => (await import('./sync.js')).sync(args) },
  ls: { summary: 'list buckets, objects, versions or uploads', run: async args => (await import('./ls.js')).ls(args) },
  stat: {
    summary: 'show the properties of an object or bucket',
    run: async args => (await import('./stat.js')).stat(args),
  },
  cat: { summary: 'write an object to the output', run: async args => (await import('./cat.js')).cat(args) },
  rm: { summary: 'delete objects or unfinished uploads', run: async args => (await import('./rm.js')).rm(args) },
  presign: {
    summary: 'print a URL that needs no credentials',
    run: async args => (await import('./presign.js')).presign(args),
  },
  mb: { summary: 'make a bucket', run: async args => (await import('./buckets.js')).mb(args) },
  rb: { summary: 'remove a bucket', run: async args => (await import('./buckets.js')).rb(args) },
  call: { summary: 'call any operation by its name', run: async args => (await import('./call.js')).call(args) },
  serve: {
    summary: 'run a local OSS server for tests',
    run: async args => {
      await (await import('./serve.js')).serve(args)
      return 0
    },
  },
}

function help(): string {
  const width = Math.max(...Object.keys(commands).map(name => name.length))
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  return ['usage: ferross <command> [options]', '', ...lines, '', 'ferross <command> --help shows the options.'].join(
    '\n',
  )
}

async function main([name, ...args]: string[]): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    console.log(help())
    return name === undefined ? 2 : 0
  }
  if (name === '--version' || name === '-v') {
    console.log(version)
    return 0
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) throw new UsageError(`there is no command ${JSON.stringify(name)}\n\n${help()}`)
  return (await command.run(args)) ?? 0
}

// Whoever reads the output may close it early, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

main(process.argv.slice(2)).then(
  code => {
    process.exitCode = code
  },
  (error: unknown) => {
    const usage = error instanceof UsageError
    const expected = error instanceof OssError || (error instanceof Error && error.name === 'Interrupted')
    const bug = !expected && error instanceof TypeError
    console.error(`ferross: ${usage ? error.message : bug ? error.stack : describeError(error)}`)
    process.exitCode = usage ? 2 : 1
  },
)
