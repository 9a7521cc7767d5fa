// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The kernel's clock ticks of /proc are hundredths of a second on every Linux that Node runs on. */
const TICKS = 100

export interface Usage {
  /** User and system time so far, of ended children too that a living parent waited for. */
  readonly cpuSeconds: number
  /** Largest resident set that one of the processes ever had. */
  readonly peakRssBytes: number
}

/** What all processes in a network namespace have used, and those named besides. */
export function usageOf(netns: string, besides: readonly number[] = []): Usage {
  const processes = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && netnsOf(entry) === netns)
  const used = [...processes, ...besides.map(String)].map(usageOfProcess)
  return {
    cpuSeconds: used.reduce((sum, one) => sum + one.cpuSeconds, 0),
    peakRssBytes: used.reduce((most, one) => Math.max(most, one.peakRssBytes), 0),
  }
}

/** Processor time that the whole machine has used so far: what is more than the bench's own programs is noise. */
export function machineSeconds(): number {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
  return parseMachineSeconds(first)
}

/** From the first line of /proc/stat: user, nice, system, not idle and waiting, then interrupts and what was stolen. */
export function parseMachineSeconds(line: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
    .split(/ +/)
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softirq + steal) / TICKS
}

function netnsOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`)
  } catch {
    return undefined
  }
}

function usageOfProcess(pid: string): Usage {
  try {
    return parseUsage(readFileSync(`/proc/${pid}/stat`, 'utf8'), readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return { cpuSeconds: 0, peakRssBytes: 0 }
  }
}

/** From /proc/PID/stat and /proc/PID/status. */
export function parseUsage(stat: string, status: string): Usage {
  // The name, in brackets, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]
  return { cpuSeconds: ticks / TICKS, peakRssBytes: Number(peak ?? 0) * 1024 }
}
