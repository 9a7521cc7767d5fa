// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { join } from 'node:path'
import type { Logger } from 'pino'
import { type Child, logTail, startChild } from '../process/index.ts'
import type { Binaries } from './binaries.ts'
import type { Component } from './components.ts'

/** A part did not start or died; the message ends with the last lines of its log. */
export class ControlPlaneError extends Error {
  override name = 'ControlPlaneError'
}

const STOP_GRACE_MS = 200

/** The processes, in the order of their start. */
export class Parts {
  readonly running: Child[] = []
  stopping = false
  readonly #failed = Promise.withResolvers<never>()
  readonly #directory: string
  readonly #binaries: Binaries
  readonly #log: Logger

  constructor(directory: string, binaries: Binaries, log: Logger) {
    this.#directory = directory
    this.#binaries = binaries
    this.#log = log
    // Nobody has to listen.
    this.#failed.promise.catch(() => undefined)
  }

  get failed(): Promise<never> {
    return this.#failed.promise
  }

  async start(name: Component, args: string[]): Promise<Child> {
    const command = this.#binaries[name]
    if (!command) throw new ControlPlaneError(`the given binaries lack ${name}`)
    const child = await startChild({
      name,
      command,
      args,
      // The programs of Kubernetes need nothing but a folder to call home.
      env: { HOME: this.#directory, PATH: '/usr/bin:/bin' },
      // Where etcd's socket lies.
      cwd: join(this.#directory, 'etcd'),
      logFile: join(this.#directory, 'log', `${name}.log`),
    })
    this.#log.debug({ name, pid: child.pid }, 'started')
    this.running.push(child)
    return child
  }

  /** From now on the end of any part is a failure. */
  watch(): void {
    for (const child of this.running) void this.#watchOne(child)
  }

  async stop(): Promise<void> {
    this.stopping = true
    // Nothing of it is needed any more: waiting for the API server to let its watches end would cost a second.
    await Promise.all(this.running.map((child) => child.stop(STOP_GRACE_MS)))
  }

  async #watchOne(child: Child): Promise<void> {
    const exit = await child.exited
    if (!this.stopping) this.#failed.reject(await endedError(child, exit.code ?? exit.signal))
  }
}

export async function endedError(child: Child, how: number | string | null): Promise<ControlPlaneError> {
  return new ControlPlaneError(
    `${child.name} ended by itself (${how}). Its log (${child.logFile}) ends:\n${await logTail(child.logFile)}`,
  )
}
