// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** A program that failed; the message has what it said. */
export class CommandError extends Error {
  override name = 'CommandError'
}

export interface RunOptions {
  env?: Readonly<Record<string, string | undefined>>
  cwd?: string
  /** For its standard input, which is empty otherwise. */
  input?: string
}

/**
 * Runs a program to its end and gives what it has printed on standard output.
 * @throws CommandError
 */
export async function run(
  program: string,
  args: readonly string[],
  { input, ...options }: RunOptions = {},
): Promise<string> {
  const running = execute(program, args, { ...options, maxBuffer: 64 * 1024 * 1024 })
  running.child.stdin?.on('error', () => undefined).end(input)
  try {
    return (await running).stdout
  } catch (cause) {
    const { stderr, message } = cause as Error & { stderr?: string }
    throw new CommandError(`${program} ${args.join(' ')}: ${stderr?.trim() || message}`, { cause })
  }
}
