// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { link } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatRate } from '../../lab/src/units.ts'
import type { Network, Place } from '../swarm/network.ts'
import patchswarm, { counted } from '../swarm/systems/patchswarm.ts'
import { rateOver, type Sample, sample, settledAfter, worstShare } from './samples.ts'

export interface Bench {
  readonly network: Network
  readonly file: string
  readonly sha256: string
  readonly size: number
  /** Bytes a second. */
  readonly linkRate: number
  readonly limit: number
  readonly seconds: number
}

/** Until the first chunks, which come ahead of a download limit, are behind. */
const WARM_MS = 2000
const STRETCH_MS = 10_000
const SHARE = 0.05
const HEAD = ['LIMIT', 'RATE', 'PAYLOAD', 'WIRE', 'OFF BY AT MOST']

export async function measureUpload(bench: Bench): Promise<string[][]> {
  await using swarm = await begin(bench, { upload: bench.limit })
  const { started } = swarm
  const [payload, wire] = await watch(
    bench,
    sentBy(started.home),
    async () => (await started.home.traffic()).up,
  )
  return [HEAD, row('upload', bench, payload, wire)]
}

export async function measureDownload(bench: Bench): Promise<string[][]> {
  await using swarm = await begin(bench, { download: bench.limit })
  const { node } = swarm
  const [payload, wire] = await watch(bench, takenBy(node), async () => (await node.traffic()).down)
  return [HEAD, row('download', bench, payload, wire)]
}

export async function measureOrigin(bench: Bench): Promise<string[][]> {
  await using swarm = await begin(bench, { origin: bench.limit }, true)
  const { started, source } = swarm
  const read = counter(started.home, 'patchswarm_agent_origin_read_bytes_total')
  const [payload, wire] = await watch(bench, read, async () => (await source.traffic()).up)
  return [HEAD, row('origin', bench, payload, wire)]
}

/** From word of the operator to the wire: up to three times the limit, down to a third of it, and lifted. */
export async function measureChange(bench: Bench): Promise<string[][]> {
  const { limit } = bench
  await using swarm = await begin(bench, { upload: limit })
  const { started } = swarm
  const wire = sample(async () => (await started.home.traffic()).up)
  await sleep(WARM_MS)
  const changes: { name: string; to: number; at: number }[] = []
  for (const to of [3 * limit, limit / 3, limit]) {
    changes.push({
      name: `${formatRate(changes.at(-1)?.to ?? limit)} → ${formatRate(to)}`,
      to,
      at: performance.now(),
    })
    started.setBandwidth({ rates: { upload: to } })
    await sleep(4000)
  }
  const samples = await wire.stop()
  return [
    ['UPLOAD CHANGES', 'HOLDS AFTER', 'THEN'],
    ...changes.map(({ name, to, at }) => [
      name,
      `${settledAfter(samples, at, to, SHARE).toFixed(0)} ms`,
      formatRate(rateOver(samples, at + 1500, at + 4000)),
    ]),
  ]
}

/** A seeder and a node that begins to fetch. */
export async function begin(bench: Bench, rates: Record<string, number>, atOrigin = false) {
  const { network, linkRate, size, sha256 } = bench
  const links = { up: linkRate, down: linkRate }
  const source = await network.place('source', links)
  const file = join(source.folder, 'file.bin')
  await link(bench.file, file)
  const started = await patchswarm.start({ place: source, file, size, sha256, atOrigin, network, linkRate })
  started.setBandwidth({ rates })
  const node = await network.place('node', links)
  const receiver = await started.join(node)
  receiver.receive().catch(() => {})
  return { started, source, node, [Symbol.asyncDispose]: () => started.stop() }
}

async function watch(
  { seconds }: Bench,
  payload: () => Promise<number>,
  wire: () => Promise<number>,
): Promise<[Sample[], Sample[]]> {
  await sleep(WARM_MS)
  // To ask a program goes over its link as well: a hundredth of the limit at ten times a second.
  const [counted, passed] = [sample(payload, 1000), sample(wire)]
  await sleep(seconds * 1000)
  return Promise.all([counted.stop(), passed.stop()])
}

function row(name: string, { limit }: Bench, payload: Sample[], wire: Sample[]): string[] {
  const mean = (samples: Sample[]) => formatRate(rateOver(samples, 0, Number.POSITIVE_INFINITY))
  const worst = (samples: Sample[]) => `${(100 * worstShare(samples, STRETCH_MS, limit)).toFixed(1)} %`
  return [name, formatRate(limit), mean(payload), mean(wire), worst(wire)]
}

const sentBy = (place: Place) => counter(place, 'patchswarm_agent_sent_bytes_total')
const takenBy = (place: Place) => counter(place, 'patchswarm_agent_peer_bytes_total')

const counter = (place: Place, metric: string) => () => counted(place, metric)
