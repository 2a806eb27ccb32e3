#!/usr/bin/env node
import { OssError } from '../errors.js'
import { version } from '../internal/version.js'
import { UsageError } from './usage-error.js'

interface Command {
  readonly summary: string
  readonly run: (args: string[]) => Promise<void>
}

// Commands are loaded when they are called: listing them must not cost a server.
const commands: Readonly<Record<string, Command>> = {
  serve: {
    summary: 'run a local OSS server for tests',
    run: async args => (await import('./serve.js')).serve(args),
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
  await command.run(args)
  return 0
}

main(process.argv.slice(2)).then(
  code => {
    process.exitCode = code
  },
  (error: unknown) => {
    const usage = error instanceof UsageError
    const known = usage || error instanceof OssError
    console.error(`ferross: ${known ? error.message : error instanceof Error ? error.stack : String(error)}`)
    process.exitCode = usage ? 2 : 1
  },
)
