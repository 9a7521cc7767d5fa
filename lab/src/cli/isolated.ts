// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, readFileSync, readlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runLine } from '../network/index.ts'
import { UsageError } from './options.ts'

/** Set for the lab inside: the folder that the one outside has made and will remove. */
export const INSIDE = 'PATCHSWARM_LAB_DIRECTORY'

const NEEDED = {
  unshare: 'util-linux',
  nsenter: 'util-linux',
  mount: 'mount',
  ip: 'iproute2',
  tc: 'iproute2',
}
/** How long the lab inside may take to stop everything in order after Ctrl-C. */
const STOP_MS = 15_000

/** @throws UsageError when this user or machine cannot give nodes network namespaces */
export function requireNamespaces(environment: Readonly<Record<string, string | undefined>>): void {
  if (process.getuid?.() !== 0) {
    throw new UsageError(
      '--link-rate gives every node a network namespace of its own, which needs root: run it as root, or leave it out',
    )
  }
  for (const [program, debianPackage] of Object.entries(NEEDED)) {
    if (!isInPath(program, environment.PATH ?? '')) {
      throw new UsageError(`--link-rate needs the program ${program}: install it (Debian: ${debianPackage})`)
    }
  }
}

/**
 * Runs the lab again in network, mount and process namespaces of its own. Whatever ends the process made here takes
 * everything in them along, so the machine never gets an address, a bridge or a rule.
 */
export async function runIsolated(
  args: readonly string[],
  directory: string,
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<number> {
  const outer = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'KILL', '--', 'unshare', '--net', '--mount', '--pid', '--fork', '--kill-child'],
      ...[process.execPath, ...process.execArgv, process.argv[1] as string, ...args],
    ],
    { stdio: 'inherit', detached: true, env: { ...environment, [INSIDE]: directory } },
  )
  const pid = outer.pid
  const interrupt = () => {
    for (const child of pid ? childrenOf(pid) : []) process.kill(child, 'SIGINT')
    setTimeout(() => outer.kill('SIGKILL'), STOP_MS).unref()
  }
  signal.addEventListener('abort', interrupt, { once: true })
  const [code] = (await once(outer, 'exit')) as [number | null]
  signal.removeEventListener('abort', interrupt)
  return code ?? 1
}

/** Inside, before anything else: a /proc that shows this namespace. Returns the pid by which the machine knows us. */
export async function settleInside(): Promise<number> {
  const pid = Number(readlinkSync('/proc/self'))
  await runLine('mount -t proc proc /proc')
  return pid
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number)
  } catch {
    return []
  }
}

function isInPath(program: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
