// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { link } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sha256Of } from '../../lab/src/distribution/index.ts'
import { type Manner, SLOWER } from './beside.ts'
import type { Network, Place } from './network.ts'
import type { Run } from './result.ts'
import { fluidBound, PAYLOAD, type Scenario } from './scenario.ts'
import type { Receiver, Started, System } from './system.ts'
import { machineSeconds, usageOf } from './usage.ts'

/** A system did not bring the file to everybody, or another one. */
export class MeasurementError extends Error {
  override name = 'MeasurementError'
}

export interface Input {
  readonly network: Network
  readonly file: string
  readonly sha256: string
}

/** Time for what was prepared to come to rest, so that it does not count. */
const SETTLE_MS = 500
/** For each step before `go`: programs start slowly when there are many of them on few cores. */
const PREPARE_MS = 120_000

/**
 * Has a system bring the file to all receivers once. From `go` to the last one that is done everything counts.
 * @param manners of the receivers beside those that count
 * @throws MeasurementError, ProgramError
 */
export async function measure(
  system: System,
  scenario: Scenario,
  input: Input,
  timeoutMs: number,
  manners: readonly Manner[] = [],
): Promise<Run> {
  const { nodes, size, linkRate, originRate } = scenario
  const { network } = input
  const rate = { up: linkRate, down: linkRate }
  const sourceRate = originRate === undefined ? rate : { up: originRate, down: originRate }
  let started: Started | undefined
  try {
    const source = await network.place('source', sourceRate)
    const file = join(source.folder, 'file.bin')
    await link(input.file, file)
    const { sha256 } = input
    const seed = { place: source, file, size, sha256, atOrigin: originRate !== undefined, network, linkRate }
    started = await inTime(system.start(seed), PREPARE_MS, 'preparing')
    const seedPlaces = network.places()
    const usual = Array.from({ length: nodes }, (): Manner => 'usual')
    const joined = joinAll(started, network, linkRate, [...usual, ...manners])
    const all = await inTime(joined, PREPARE_MS, 'joining')
    const places = all.slice(0, nodes).map(({ place }) => place)
    const receivers = all.slice(0, nodes).map(({ receiver }) => receiver)
    await inTime(started.ready?.() ?? Promise.resolve(), PREPARE_MS, 'connecting')
    await sleep(SETTLE_MS)
    const before = await snapshot(started, seedPlaces, places)
    for (const { receiver } of all.slice(nodes)) receiver.receive().catch(() => {})
    const nodeSeconds = await time(receivers, timeoutMs || defaultTimeout(scenario))
    const after = await snapshot(started, seedPlaces, places)
    for (const receiver of receivers) await verify(receiver, sha256)
    return { ...difference(nodeSeconds, before, after), ...(await wrongChunks(receivers)) }
  } finally {
    await started?.stop()
    await network.clear()
  }
}

/** @throws MeasurementError when the system has no liars */
function joinAll(
  started: Started,
  network: Network,
  linkRate: number | undefined,
  manners: readonly Manner[],
): Promise<{ place: Place; receiver: Receiver }[]> {
  const all = manners.map(async (manner, i) => {
    const rate = manner === 'slow' && linkRate !== undefined ? linkRate / SLOWER : linkRate
    const place = await network.place(`node${i + 1}`, { up: rate, down: rate })
    const join = manner === 'lying' ? started.joinLiar : started.join
    if (join === undefined) throw new MeasurementError('this system has no receiver that lies')
    return { place, receiver: await join(place) }
  })
  return Promise.all(all)
}

async function wrongChunks(receivers: readonly Receiver[]): Promise<Pick<Run, 'wrongChunks'>> {
  const counts = await Promise.all(receivers.map((receiver) => receiver.wrongChunks?.()))
  const known = counts.filter((count) => count !== undefined)
  return known.length === 0 ? {} : { wrongChunks: known.reduce((sum, count) => sum + count, 0) }
}

const defaultTimeout = (scenario: Scenario): number => 60_000 + 20_000 * (fluidBound(scenario) ?? 10)

/** Begins everywhere at once; seconds until each receiver was done. */
export async function time(receivers: readonly Receiver[], timeoutMs: number): Promise<number[]> {
  const start = performance.now()
  const all = receivers.map(async (receiver) => {
    await receiver.receive()
    return (performance.now() - start) / 1000
  })
  return await inTime(Promise.all(all), timeoutMs, 'receiving')
}

async function inTime<T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  const abort = new AbortController()
  const late = sleep(timeoutMs, undefined, { signal: abort.signal }).then(() => {
    throw new MeasurementError(`${what} was not done after ${timeoutMs / 1000} s`)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    late.catch(() => {})
    abort.abort()
  }
}

interface Snapshot {
  readonly counted: number | undefined
  readonly source: number
  readonly up: readonly number[]
  readonly down: number
  readonly cpu: { readonly receivers: number; readonly seed: number; readonly machine: number }
  readonly peakRssBytes: number
}

async function snapshot(
  started: Started,
  seedPlaces: readonly Place[],
  places: readonly Place[],
): Promise<Snapshot> {
  // Processor time first: taking the rest costs the programs nothing, but it takes a while.
  const machine = machineSeconds()
  const ofSeed = seedPlaces.map((place) => usageOf(place.netns))
  const besides = usageOf('', started.processes)
  const ofReceivers = places.map((place) => usageOf(place.netns))
  const links = await Promise.all(places.map((place) => place.traffic()))
  const source = await seedPlaces[0]?.traffic()
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  return {
    counted: await started.sentBytes?.(),
    source: source?.up ?? 0,
    up: links.map(({ up }) => up),
    down: sum(links.map(({ down }) => down)),
    cpu: {
      machine,
      seed: sum([...ofSeed, besides].map(({ cpuSeconds }) => cpuSeconds)),
      receivers: sum(ofReceivers.map(({ cpuSeconds }) => cpuSeconds)),
    },
    peakRssBytes: Math.max(...ofReceivers.map(({ peakRssBytes }) => peakRssBytes)),
  }
}

function difference(nodeSeconds: readonly number[], before: Snapshot, after: Snapshot): Run {
  const receivers = after.cpu.receivers - before.cpu.receivers
  const seed = after.cpu.seed - before.cpu.seed
  const sourceLink = (after.source - before.source) * PAYLOAD
  const counted = after.counted === undefined ? undefined : after.counted - (before.counted ?? 0)
  return {
    nodeSeconds,
    sentBySource: counted ?? sourceLink,
    sourceLink,
    received: (after.down - before.down) * PAYLOAD,
    sentByReceivers: after.up.map((bytes, i) => (bytes - (before.up[i] ?? 0)) * PAYLOAD),
    cpuSeconds: { receivers, seed, others: after.cpu.machine - before.cpu.machine - receivers - seed },
    peakRssBytes: after.peakRssBytes,
  }
}

export async function verify({ file }: Receiver, expected: string): Promise<void> {
  const found = await sha256Of(file)
  if (found !== expected) throw new MeasurementError(`${file} has another SHA-256: ${found}`)
}
