// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { KubeError } from '@patchswarm/kube'
import { pino } from 'pino'
import { createDisplay } from './cli/display.ts'
import { INSIDE, requireNamespaces, runIsolated, settleInside } from './cli/isolated.ts'
import { LabEnvironmentError, makeLabDirectory, removeLabDirectory } from './cli/lab-directory.ts'
import { type CliOptions, HELP, parseCommandLine, UsageError } from './cli/options.ts'
import { run } from './cli/run.ts'
import { BinariesError, ControlPlaneError } from './control-plane/index.ts'
import { createLoopbackNetwork, createNamespaceNetwork, type Network } from './network/index.ts'
import { programsFromSource } from './programs.ts'

const WRONG_USAGE = 2
const INTERRUPTED = 130

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const interrupt = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt.abort())
  try {
    const options = parseCommandLine(args)
    if (options === 'help') {
      console.log(HELP)
      return 0
    }
    return await start(options, args, interrupt.signal)
  } catch (error) {
    if (interrupt.signal.aborted) return INTERRUPTED
    if (!isExplained(error)) throw error
    console.error(error.message)
    if (!(error instanceof UsageError)) return 1
    console.error('Try: npm run lab -- --help')
    return WRONG_USAGE
  }
}

/** On the loopback interface right here; with links of a given rate in namespaces of its own. */
async function start(options: CliOptions, args: readonly string[], signal: AbortSignal): Promise<number> {
  const inside = process.env[INSIDE]
  if (options.linkBytesPerSecond !== undefined && inside !== undefined) {
    const pid = await settleInside()
    const network = await createNamespaceNetwork(options.linkBytesPerSecond)
    return await runIn(inside, options, network, `nsenter --target ${pid} --net -- `, signal)
  }
  if (options.linkBytesPerSecond !== undefined) requireNamespaces(process.env)
  const directory = await makeLabDirectory(tmpdir())
  try {
    if (options.linkBytesPerSecond !== undefined)
      return await runIsolated(args, directory, process.env, signal)
    return await runIn(directory, options, createLoopbackNetwork(Math.random), '', signal)
  } finally {
    await removeLabDirectory(directory)
  }
}

function runIn(
  directory: string,
  options: CliOptions,
  network: Network,
  enterHint: string,
  signal: AbortSignal,
): Promise<number> {
  const level = process.env.PATCHSWARM_LAB_LOG_LEVEL ?? 'info'
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  return run({
    options,
    directory,
    programs: programsFromSource(join(cache, 'patchswarm', 'compiled')),
    network,
    // With --json standard output belongs to the document.
    display: createDisplay(options.json ? process.stderr : process.stdout),
    printJson: (document) => console.log(document),
    enterHint,
    log: pino({ level }, pino.destination(join(directory, 'lab.log'))),
    signal,
  })
}

/** Errors whose message is meant for the user; all others keep their stack. */
function isExplained(error: unknown): error is Error {
  return [UsageError, LabEnvironmentError, BinariesError, ControlPlaneError, KubeError].some(
    (type) => error instanceof type,
  )
}
