// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { spawn } from 'node:child_process'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..', '..')

/** What a step of the test run found; failures and skips each say what and why, and so do tests that passed the second time. */
export interface Outcome {
  passed: number
  failed: string[]
  skipped: string[]
  flaky: string[]
}

export const PASSED: Outcome = { passed: 1, failed: [], skipped: [], flaky: [] }
export const failure = (why: string): Outcome => ({ passed: 0, failed: [why], skipped: [], flaky: [] })

/** Runs a program of node_modules/.bin that prints for itself; resolves with its exit status. */
export function execute(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const bin = join(ROOT, 'node_modules', '.bin')
  const child = spawn(program, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...env, PATH: `${bin}:${process.env.PATH}` },
  })
  child.once('error', (error) => {
    console.error(`cannot start ${program}: ${error.message}`)
    resolve(1)
  })
  child.once('exit', (code) => resolve(code ?? 1))
  return promise
}

/** A tool that counts as one test. */
export async function runTool(program: string, args: readonly string[]): Promise<Outcome> {
  const status = await execute(program, args)
  return status === 0 ? PASSED : failure(`${program} ${args.join(' ')}: ended with status ${status}`)
}
