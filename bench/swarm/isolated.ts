// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runLine } from '../../lab/src/network/index.ts'
import { UsageError } from '../arguments.ts'
import { findProgram } from './requirements.ts'

/** Set for the bench inside: the folder that the one outside has made and will remove. */
const INSIDE = 'SWARM_BENCH_DIRECTORY'

const NEEDED = {
  setpriv: 'util-linux',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  mount: 'mount',
  sysctl: 'procps',
  ip: 'iproute2',
  tc: 'iproute2',
}

/**
 * Does the work in namespaces of its own: there directly, outside of them by the same command once more, whose exit code
 * becomes this one's.
 *
 * @param disk where the folder is made that the work is given; it is in memory when left out
 * @throws UsageError when this user or machine cannot give nodes network namespaces
 */
export async function inNamespaces(
  disk: string | undefined,
  work: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = process.env[INSIDE]
  if (directory === undefined) {
    requireNamespaces()
    process.exitCode = await runIsolated(disk)
    return
  }
  // The first process of a namespace is ended by no signal that it does not ask for.
  process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143))
  // A /proc that shows this namespace alone.
  await runLine('mount -t proc proc /proc')
  if (disk === undefined) await runLine(`mount -t tmpfs tmpfs ${directory}`)
  await work(directory)
}

function requireNamespaces(): void {
  if (process.getuid?.() !== 0) {
    throw new UsageError('this bench gives every node a network namespace of its own, which needs root')
  }
  for (const [program, debianPackage] of Object.entries(NEEDED)) {
    if (findProgram(program) === undefined) {
      throw new UsageError(`this bench needs the program ${program} (Debian: ${debianPackage})`)
    }
  }
}

/**
 * Runs the same command again in network, mount and process namespaces of its own. Whatever ends the process made here
 * takes everything in them along, so the machine never gets an address, a bridge or a rule.
 *
 * @returns its exit code
 */
async function runIsolated(disk: string | undefined): Promise<number> {
  const directory = await mkdtemp(join(disk ?? tmpdir(), 'patchswarm-swarm-'))
  const outer = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'KILL', '--', 'unshare', '--net', '--mount', '--pid', '--fork', '--kill-child'],
      ...[process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    ],
    { stdio: 'inherit', env: { ...process.env, [INSIDE]: directory } },
  )
  const end = () => outer.kill('SIGKILL')
  process.on('SIGINT', end).on('SIGTERM', end)
  try {
    const [code] = (await once(outer, 'exit')) as [number | null]
    return code ?? 130
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end)
    await rm(directory, { recursive: true, force: true })
  }
}
