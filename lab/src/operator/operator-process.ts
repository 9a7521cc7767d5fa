// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { type Child, startChild } from '../process/index.ts'

export interface OperatorOptions {
  command: readonly string[]
  env: Readonly<Record<string, string>>
  logFile: string
  log: Logger
}

/** The operator as a process of its own, started again whenever it dies, as its Deployment would. */
export interface OperatorProcess {
  readonly logFile: string
  readonly pid: number | undefined
  /** How often it was started again. */
  readonly restarts: number
  /** SIGKILL; it comes back by itself. */
  kill(): void
  /** Stops it and leaves it stopped until `resume()`: an operator that is away. */
  pause(): Promise<void>
  resume(): void
  stop(graceMs?: number): Promise<void>
}

const FIRST_RESTART_MS = 300
const MAX_RESTART_MS = 5000
/** One that ran this long starts over with the shortest wait. */
const STABLE_MS = 10_000

export function startOperator(options: OperatorOptions): OperatorProcess {
  return new RestartedOperator(options)
}

class RestartedOperator implements OperatorProcess {
  restarts = 0
  readonly #options: OperatorOptions
  #child: Child | undefined
  #mode: 'running' | 'paused' | 'stopped' = 'running'
  #resumed = Promise.withResolvers<void>()
  readonly #finished: Promise<void>

  constructor(options: OperatorOptions) {
    this.#options = options
    this.#finished = this.#run().catch((error: unknown) =>
      options.log.error({ err: error }, 'cannot start the operator'),
    )
  }

  get logFile(): string {
    return this.#options.logFile
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  kill(): void {
    this.#child?.kill('SIGKILL')
  }

  async pause(): Promise<void> {
    this.#mode = 'paused'
    await this.#child?.stop()
  }

  resume(): void {
    this.#mode = 'running'
    this.#resumed.resolve()
    this.#resumed = Promise.withResolvers()
  }

  async stop(graceMs?: number): Promise<void> {
    this.#mode = 'stopped'
    this.#resumed.resolve()
    await this.#child?.stop(graceMs)
    await this.#finished
  }

  /** Through a call, because the compiler takes a field it has just compared for unchanged after an await. */
  #is(mode: 'running' | 'paused' | 'stopped'): boolean {
    return this.#mode === mode
  }

  async #run(): Promise<void> {
    let waitMs = FIRST_RESTART_MS
    while (!this.#is('stopped')) {
      if (this.#is('paused')) {
        await this.#resumed.promise
        continue
      }
      const started = Date.now()
      await this.#runOnce()
      if (!this.#is('running')) continue
      waitMs = Date.now() - started > STABLE_MS ? FIRST_RESTART_MS : Math.min(MAX_RESTART_MS, waitMs * 2)
      await sleep(waitMs)
      this.restarts++
    }
  }

  async #runOnce(): Promise<void> {
    const { command, env, logFile, log } = this.#options
    const [program, ...args] = command
    const child = await startChild({ name: 'operator', command: program as string, args, env, logFile })
    this.#child = child
    if (!this.#is('running')) void child.stop()
    const exit = await child.exited
    this.#child = undefined
    if (this.#is('running')) log.warn({ ...exit, logFile }, 'the operator ended: starting it again')
  }
}
