// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type SimulatedNode, Simulation, seededRandom } from '../../swarm/src/policy/simulation/index.ts'
import { boundMs, isCounted, isLiar, lineOf } from './lines.ts'
import { type Links, linkNodes, siteOf } from './links.ts'
import type { SimScenario } from './scenarios.ts'

/** One run. Times are parts of the fluid bound, bytes parts of the file. */
export interface SimRun {
  readonly seed: number
  readonly p50: number
  readonly p99: number
  readonly last: number
  readonly amplification: number
  /** Bytes that came twice, as a part of what was wanted. */
  readonly duplicates: number
  /** Bytes that came and were wrong, likewise. */
  readonly wrong: number
  /** Control messages for each chunk delivered. */
  readonly messages: number
  /** Control messages that each node sent, the seeder first. */
  readonly messagesByNode: readonly number[]
  readonly sentLeast: number
  readonly sentMost: number
  /** Copies of the file that came into a site from others, but for the seeder's; 0 without sites. */
  readonly copies: number
}

/** How much of the fluid bound has passed, and how many nodes have not got everything. */
export type Report = (part: number, awaited: number) => void

const EVENTS_A_REPORT = 2 ** 24

/** From this many nodes on rates need not be right to the last digit. */
const MANY = 64

/** @param report told now and then how much of the bound has passed and how many nodes are awaited */
export function simulate(scenario: SimScenario, seed: number, report: Report = () => {}): SimRun {
  const random = seededRandom(seed ^ 0x5eed)
  const { nodes, size, chunk } = scenario
  const chunks = Math.ceil(size / chunk)
  const bound = boundMs(scenario)
  const links = linkNodes(scenario, seed)
  const simulation = new Simulation({
    nodes: placeNodes(scenario, links, bound, random),
    edges: links.edges,
    ...(scenario.sites && { sites: siteLines(scenario.sites) }),
    chunks,
    chunkBytes: chunk,
    seed,
    latencyMs: scenario.latencyMs ?? 0.2,
    ...(scenario.parameters && { parameters: scenario.parameters }),
    tolerance: nodes < MANY ? 1e-6 : 1e-3,
  })
  const counted = simulation.nodes.filter(({ awaited }) => awaited)
  let events = 0
  simulation.run(() => {
    events += 1
    if (events % EVENTS_A_REPORT === 0) report(simulation.now / bound, simulation.incomplete)
    return simulation.incomplete === 0
  })
  return summarise(simulation.nodes, counted, { seed, chunks, bound, sites: scenario.sites?.count })
}

const siteLines = ({ count, rate }: NonNullable<SimScenario['sites']>) =>
  Array.from({ length: count }, () => ({ up: rate / 1000, down: rate / 1000 }))

function placeNodes(scenario: SimScenario, { elected }: Links, bound: number, random: () => number) {
  const { nodes, late = 0, dying = 0 } = scenario
  return Array.from({ length: nodes + 1 }, (_, id) => {
    const { up, down } = lineOf(scenario, id)
    const joinsAt = id > nodes - late ? bound / 2 : 0
    return {
      site: siteOf(scenario, id),
      answers: elected.has(id),
      up: up / 1000,
      down: down / 1000,
      lies: isLiar(scenario, id),
      joinsAt,
      awaited: isCounted(scenario, id),
      diesAt: id > 0 && id <= dying ? bound * random() : undefined,
    }
  })
}

interface Frame {
  readonly seed: number
  readonly chunks: number
  readonly bound: number
  readonly sites: number | undefined
}

function summarise(
  all: readonly SimulatedNode[],
  counted: readonly SimulatedNode[],
  { seed, chunks, bound, sites }: Frame,
): SimRun {
  const live = counted.filter((node) => !node.dead)
  const times = live.map((node) => (node.completedAt ?? Number.NaN) / bound).sort((x, y) => x - y)
  const at = (part: number) => times[Math.ceil(part * times.length) - 1] ?? Number.NaN
  const sum = (read: (node: SimulatedNode) => number) => all.reduce((total, node) => total + read(node), 0)
  const receivers = all.length - 1
  const wanted = sum((node) => (node.id > 0 ? node.policy.held : 0))
  const sent = live.map((node) => node.sent.length / chunks)
  return {
    seed,
    p50: at(0.5),
    p99: at(0.99),
    last: at(1),
    amplification: (all[0]?.sent.length ?? 0) / chunks,
    duplicates: sum((node) => node.duplicates) / (receivers * chunks),
    wrong: sum((node) => node.refused) / (receivers * chunks),
    messages: sum((node) => node.messages) / wanted,
    messagesByNode: all.map((node) => node.messages),
    sentLeast: Math.min(...sent),
    sentMost: Math.max(...sent),
    copies: sum((node) => node.cameAcross) / chunks / Math.max(1, (sites ?? 1) - 1),
  }
}
