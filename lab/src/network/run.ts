// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** A command of the system failed; the message holds what it printed. */
export class CommandError extends Error {
  override name = 'CommandError'
}

/** Runs a program given as one line without quoting, e.g. "ip link set lo up". */
export async function run(line: string): Promise<void> {
  const [program, ...args] = line.split(' ')
  try {
    await execute(program as string, args)
  } catch (cause) {
    const { stderr = '', message } = cause as { stderr?: string; message: string }
    throw new CommandError(`${line}: ${stderr.trim() || message}`, { cause })
  }
}
