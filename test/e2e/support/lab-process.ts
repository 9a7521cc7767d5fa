// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const MAIN = join(import.meta.dirname, '..', '..', '..', 'lab', 'src', 'main.ts')

/** `npm run lab` as a user runs it, in a temporary folder of its own so that what it leaves can be seen. */
export interface LabProcess extends AsyncDisposable {
  readonly process: ChildProcess
  readonly directory: string
  readonly stdout: string
  readonly stderr: string
  /** Resolves when the text has been printed on standard error or output. */
  printed(text: string): Promise<void>
  /** The exit status, or the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals>
  /** Processes that belong to this lab, and files below its folder. */
  leftovers(): Promise<{ processes: string[]; files: string[] }>
}

export async function runLab(args: readonly string[], options: { uid?: number } = {}): Promise<LabProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'patchswarm-e2e-'))
  const child = spawn(process.execPath, ['--conditions=source', MAIN, ...args], {
    env: { ...process.env, TMPDIR: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  return {
    process: child,
    directory,
    get stdout() {
      return stdout
    },
    get stderr() {
      return stderr
    },
    async printed(text) {
      while (!stdout.includes(text) && !stderr.includes(text)) {
        if (child.exitCode !== null)
          throw new Error(`the lab ended before it said "${text}":\n${stderr}${stdout}`)
        await sleep(50)
      }
    },
    async ended() {
      const [code, signal] = await closed
      return code ?? (signal as NodeJS.Signals)
    },
    leftovers: async () => ({ processes: processesOf(directory), files: await readdir(directory) }),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await closed
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Every process of a lab carries the lab's folder in its arguments or its environment. */
function processesOf(directory: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return []
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
      return command.includes(directory) || environment.includes(directory)
        ? [`${pid} ${command.slice(0, 120)}`]
        : []
    } catch {
      // Gone in the meantime, or another user's.
      return []
    }
  })
}
