// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { run } from '../process/index.ts'

/** Runs a program given as one line without quoting, e.g. "ip link set lo up". */
export async function runLine(line: string): Promise<void> {
  const [program = '', ...args] = line.split(' ')
  await run(program, args)
}
