// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { fluidBound, type Scenario } from './scenario.ts'

/** One distribution by one system. Bytes are payload. */
export interface Run {
  /** When each receiver had the file, in seconds after `go`, in the order of the receivers. */
  readonly nodeSeconds: readonly number[]
  /** As the system counts it, else by its link. */
  readonly sentBySource: number
  /** What left over the source's link, without headers of full frames: control messages and acknowledgements count. */
  readonly sourceLink: number
  /** All receivers together. */
  readonly received: number
  readonly sentByReceivers: readonly number[]
  /** `others`: anybody else on the machine meanwhile, the kernel's work for the links included. */
  readonly cpuSeconds: { readonly receivers: number; readonly seed: number; readonly others: number }
  /** Of the largest process of a receiver. */
  readonly peakRssBytes: number
  /** Chunks that receivers found wrong, where the system counts them. */
  readonly wrongChunks?: number
}

/** What is published of a system: medians over its runs. */
export interface SystemResult {
  readonly makespanSeconds: number
  readonly medianSeconds: number
  /** Last node ÷ fluid bound; null when links are not shaped. */
  readonly stretch: number | null
  readonly originAmplification: number
  readonly cpuSecondsPerGB: { readonly receivers: number; readonly seed: number }
  readonly peakRssBytes: number
  readonly runs: readonly RunResult[]
}

export interface RunResult extends Run {
  readonly makespanSeconds: number
  readonly medianSeconds: number
  readonly stretch: number | null
  readonly originAmplification: number
  /** What receivers took in ÷ what they wanted. */
  readonly receivedRatio: number
  readonly cpuSecondsPerGB: { readonly receivers: number; readonly seed: number }
}

/** The document of --json. */
export interface BenchResult {
  readonly scenario: Scenario
  readonly fluidBoundSeconds: number | null
  /** By name; ", 1 slow" and ", 1 lying" follow it where that was their company. */
  readonly systems: Readonly<Record<string, SystemResult>>
}

export function summarise(scenario: Scenario, runs: Readonly<Record<string, readonly Run[]>>): BenchResult {
  const bound = fluidBound(scenario)
  return {
    scenario,
    fluidBoundSeconds: bound ?? null,
    systems: Object.fromEntries(
      Object.entries(runs)
        .filter(([, ofSystem]) => ofSystem.length > 0)
        .map(([name, ofSystem]) => [name, summariseSystem(scenario, bound, ofSystem)]),
    ),
  }
}

function summariseSystem(scenario: Scenario, bound: number | undefined, runs: readonly Run[]): SystemResult {
  const results = runs.map((run) => summariseRun(scenario, bound, run))
  const middle = (read: (run: RunResult) => number) => median(results.map(read))
  const makespanSeconds = middle((run) => run.makespanSeconds)
  return {
    makespanSeconds,
    medianSeconds: middle((run) => run.medianSeconds),
    stretch: bound === undefined ? null : makespanSeconds / bound,
    originAmplification: middle((run) => run.originAmplification),
    cpuSecondsPerGB: {
      receivers: middle((run) => run.cpuSecondsPerGB.receivers),
      seed: middle((run) => run.cpuSecondsPerGB.seed),
    },
    peakRssBytes: middle((run) => run.peakRssBytes),
    runs: results,
  }
}

function summariseRun({ nodes, size }: Scenario, bound: number | undefined, run: Run): RunResult {
  const gigabytes = (nodes * size) / 1e9
  const makespanSeconds = Math.max(...run.nodeSeconds)
  return {
    ...run,
    makespanSeconds,
    medianSeconds: median(run.nodeSeconds),
    stretch: bound === undefined ? null : makespanSeconds / bound,
    originAmplification: run.sentBySource / size,
    receivedRatio: run.received / (nodes * size),
    cpuSecondsPerGB: {
      receivers: run.cpuSeconds.receivers / gigabytes,
      seed: run.cpuSeconds.seed / gigabytes,
    },
  }
}

/** The mean of the two in the middle when their number is even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >>> 1
  const upper = sorted[half] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? upper) + upper) / 2
}
