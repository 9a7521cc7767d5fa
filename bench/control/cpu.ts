// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { readdir, readFile } from 'node:fs/promises'
import { basename } from 'node:path'

/** Of a clock that the kernel counts by: the same on every Linux. */
const TICKS_A_SECOND = 100

/**
 * Seconds of CPU that programs have taken, by name: of those whose command line names the directory. Everything shares the
 * machine, and whoever takes most of it decides how long a phase lasts.
 */
export async function cpuByProgram(directory: string): Promise<Record<string, number>> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(pids.map((pid) => lookAt(pid, directory).catch(() => undefined)))
  const seconds: Record<string, number> = {}
  for (const one of found)
    if (one !== undefined) seconds[one.program] = (seconds[one.program] ?? 0) + one.seconds
  return seconds
}

async function lookAt(
  pid: string,
  directory: string,
): Promise<{ program: string; seconds: number } | undefined> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8')
  if (!commandLine.includes(directory)) return undefined
  return { program: programOf(commandLine), seconds: cpuSeconds(await readFile(`/proc/${pid}/stat`, 'utf8')) }
}

/** Of arguments that end with a NUL each. */
export const programOf = (commandLine: string): string => basename(commandLine.split('\0')[0] ?? '')

/** In user and system mode, of a line of /proc/PID/stat: the fields 14 and 15; the second, a name, may hold blanks. */
export function cpuSeconds(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
}
