// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { createDisplay } from './cli/display.ts'
import { LabEnvironmentError, makeLabDirectory, removeLabDirectory } from './cli/lab-directory.ts'
import { type CliOptions, HELP, parseCommandLine, UsageError } from './cli/options.ts'
import { run } from './cli/run.ts'
import { BinariesError, ControlPlaneError } from './control-plane/index.ts'
import { createLoopbackNetwork } from './network/index.ts'

const WRONG_USAGE = 2
const INTERRUPTED = 130

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseCommandLine(args)
    if (options === 'help') {
      console.log(HELP)
      return 0
    }
    return await lab(options)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`${error.message}\nTry: npm run lab -- --help`)
    return WRONG_USAGE
  }
}

async function lab(options: CliOptions): Promise<number> {
  const interrupt = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt.abort())
  const directory = await makeLabDirectory(tmpdir())
  const log = pino(
    { level: process.env['PATCHSWARM_LAB_LOG_LEVEL'] ?? 'info' },
    pino.destination(join(directory, 'lab.log')),
  )
  try {
    return await run({
      options,
      directory,
      compileCache: join(
        process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
        'patchswarm',
        'compiled',
      ),
      network: createLoopbackNetwork(Math.random),
      // With --json standard output belongs to the document.
      display: createDisplay(options.json ? process.stderr : process.stdout),
      printJson: (document) => console.log(document),
      enterHint: '',
      log,
      signal: interrupt.signal,
    })
  } catch (error) {
    if (interrupt.signal.aborted) return INTERRUPTED
    if (!isExplained(error)) throw error
    console.error(error.message)
    return 1
  } finally {
    await removeLabDirectory(directory)
  }
}

/** Errors whose message is meant for the user; all others keep their stack. */
function isExplained(error: unknown): error is Error {
  return [LabEnvironmentError, BinariesError, ControlPlaneError].some((type) => error instanceof type)
}
