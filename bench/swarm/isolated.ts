// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../lab/src/network/index.ts'
import { UsageError } from './options.ts'
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

/** The folder of the bench that is alone in its namespaces; undefined outside of them. */
export const insideDirectory = (): string | undefined => process.env[INSIDE]

/** @throws UsageError when this user or machine cannot give nodes network namespaces */
export function requireNamespaces(): void {
  if (process.getuid?.() !== 0) {
    throw new UsageError('the swarm bench gives every node a network namespace of its own, which needs root')
  }
  for (const [program, debianPackage] of Object.entries(NEEDED)) {
    if (findProgram(program) === undefined) {
      throw new UsageError(`the swarm bench needs the program ${program} (Debian: ${debianPackage})`)
    }
  }
}

/**
 * Runs the same command again in network, mount and process namespaces of its own. Whatever ends the process made here
 * takes everything in them along, so the machine never gets an address, a bridge or a rule.
 *
 * @returns its exit code
 */
export async function runIsolated(disk: string | undefined): Promise<number> {
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

/** Inside, before anything else: a /proc that shows this namespace alone, and folders in memory unless on disk. */
export async function settleInside(directory: string, disk: string | undefined): Promise<void> {
  await run('mount -t proc proc /proc')
  if (disk === undefined) await run(`mount -t tmpfs tmpfs ${directory}`)
}
