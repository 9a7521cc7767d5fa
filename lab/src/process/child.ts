// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'

/** How a process ended: an exit code, or the signal that ended it. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface ChildOptions {
  /** For messages, e.g. "kube-apiserver". */
  name: string
  command: string
  args: readonly string[]
  /** The whole environment of the process: nothing is inherited. */
  env: Readonly<Record<string, string>>
  cwd?: string
  /** Standard output and error are appended here. */
  logFile: string
}

/** A process of the lab, in a process group of its own. */
export interface Child {
  readonly name: string
  readonly pid: number
  readonly logFile: string
  /** Never rejects. */
  readonly exited: Promise<Exit>
  readonly exit: Exit | undefined
  kill(signal: NodeJS.Signals): void
  /** SIGTERM, after `graceMs` SIGKILL; resolves when the process is gone. Safe to call twice. */
  stop(graceMs?: number): Promise<Exit>
}

/** The program could not be started at all (not found, not executable). */
export class StartError extends Error {
  override name = 'StartError'
}

/**
 * Has the kernel kill the process when the lab is killed itself (SIGKILL leaves nobody to clean up).
 * Part of util-linux; without it only an orderly exit of the lab ends its processes.
 */
const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path))

const alive = new Set<Child>()
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

/** Starts a program that ends, at the latest, with the lab itself. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const log = await open(options.logFile, 'a')
  try {
    return await spawnChild(options, log.fd)
  } finally {
    await log.close()
  }
}

async function spawnChild(options: ChildOptions, logFd: number): Promise<Child> {
  const [command, args] = SETPRIV
    ? [SETPRIV, ['--pdeathsig', 'KILL', '--', options.command, ...options.args]]
    : [options.command, options.args]
  const spawned = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', logFd, logFd],
    // A group of its own: Ctrl-C at the terminal reaches the lab alone, which then stops things in order.
    detached: true,
  })
  const { promise: exited, resolve } = Promise.withResolvers<Exit>()
  let exit: Exit | undefined
  spawned.once('exit', (code, signal) => {
    exit = { code, signal }
    alive.delete(child)
    resolve(exit)
  })
  await new Promise<void>((started, failed) => {
    spawned.once('spawn', started)
    spawned.once('error', (cause) =>
      failed(new StartError(`cannot start ${options.name}: ${cause.message}`, { cause })),
    )
  })
  const pid = spawned.pid as number
  const kill = (signal: NodeJS.Signals) => {
    if (exit === undefined) signalGroup(pid, signal)
  }
  const child: Child = {
    name: options.name,
    pid,
    logFile: options.logFile,
    exited,
    get exit() {
      return exit
    },
    kill,
    async stop(graceMs = 5000) {
      kill('SIGTERM')
      const timer = setTimeout(kill, graceMs, 'SIGKILL')
      return await exited.finally(() => clearTimeout(timer))
    },
  }
  if (exit === undefined) alive.add(child)
  return child
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
