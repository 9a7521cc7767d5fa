// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DistributionJob } from '@patchswarm/api'
import type { Node } from '@patchswarm/kube'
import { matches } from '../label-selector.ts'
import { nodeCount } from './rollout.ts'
import type { NodeView } from './tally.ts'

type WaveSpec = NonNullable<DistributionJob['spec']['rollout']['waves']>[number]

/** The wave that is under way. */
export interface Wave {
  readonly name: string
  /** Nodes in it; a number or percentage is fixed when it began, so that it does not move with the cluster. */
  readonly size: number
  readonly finished: number
  /** Waiting nodes that belong to it; no more than `room` of them may begin. */
  readonly members: readonly Node[]
  readonly room: number
  /** When the next one may begin, once all of this one are done. */
  readonly soakUntil: Date | undefined
}

export interface WavesInput {
  readonly waves: readonly WaveSpec[]
  readonly views: readonly NodeView[]
  /** Selected nodes that have no NodeDistribution yet. */
  readonly waiting: readonly Node[]
  readonly desired: number
  /** What the status says of the wave that was under way last. */
  readonly fixed: { readonly name: string; readonly size: number } | undefined
  /** No further wave begins. */
  readonly halted: boolean
  readonly now: Date
}

/** Takes whoever is left when all waves of the spec are through. */
const rest: WaveSpec = { name: 'rest', soakSeconds: 0 }

/**
 * The first wave that is not through: of its nodes some wait, are at work or soak. It follows from the NodeDistributions,
 * each of which names its wave, so that neither a crash nor a new leader opens one too early. Undefined without waves.
 */
export function waveUnderWay(input: WavesInput): Wave | undefined {
  if (input.waves.length === 0) return undefined
  const begun = new Set(input.views.map((one) => one.wave))
  const specs = [...input.waves, rest]
  const latest = specs.findLastIndex(({ name }) => begun.has(name))
  const reached = specs.findIndex(({ name }) => name === input.fixed?.name)
  const waves = specs
    // One whose successor is under way is over, whatever its share would be by now.
    .map((spec, index) => waveOf(spec, index < latest || (index === latest && index < reached), input))
    .filter(({ name }) => !input.halted || begun.has(name))
  return waves.find((wave) => !isThrough(wave, input.now)) ?? waves.at(-1)
}

function waveOf(spec: WaveSpec, isOver: boolean, input: WavesInput): Wave {
  const { views, waiting } = input
  const begun = views.filter((one) => one.wave === spec.name)
  const members = spec.selector
    ? waiting.filter((node) => matches(spec.selector, node.metadata.labels))
    : waiting
  const size = isOver && spec.nodes ? begun.length : sizeOf(spec, begun.length + members.length, input)
  const finished = begun.filter((one) => one.outcome !== 'active' && one.outcome !== 'waiting').length
  const isDone = finished === begun.length && (finished >= size || members.length === 0)
  return {
    name: spec.name,
    size,
    finished,
    members,
    room: Math.max(0, size - begun.length),
    soakUntil: isDone ? soakEnd(spec, begun) : undefined,
  }
}

/** Not less while nodes are away, for they come back; with labels, and in the last wave, whoever there is. */
function sizeOf({ name, nodes }: WaveSpec, reachable: number, { desired, fixed }: WavesInput): number {
  if (nodes === undefined) return reachable
  return fixed?.name === name ? fixed.size : Math.min(nodeCount(nodes, desired), reachable)
}

/** From the end of its last node; a wave whose nodes have all vanished leaves nothing to watch. */
function soakEnd({ soakSeconds }: WaveSpec, begun: readonly NodeView[]): Date {
  const lastEnd = Math.max(0, ...begun.map((one) => one.finishedAt))
  return new Date(lastEnd === 0 ? 0 : lastEnd + soakSeconds * 1000)
}

/**
 * Names of waves whose selector matches none of the nodes that take part: a canary with a label misspelt would be over unseen.
 * @param nodes of the cluster
 */
export function wavesWithoutNodes(
  waves: readonly WaveSpec[],
  { views, waiting }: Pick<WavesInput, 'views' | 'waiting'>,
  nodes: readonly Node[],
): string[] {
  const begun = new Set(views.map((one) => one.wave))
  const unseen = waves.filter((spec) => spec.selector && !begun.has(spec.name) && !anyIn(spec, waiting))
  if (unseen.length === 0) return []
  const taken = new Set(views.map((one) => one.node))
  const others = nodes.filter((node) => taken.has(node.metadata.name))
  return unseen.filter((spec) => !anyIn(spec, others)).map(({ name }) => name)
}

const anyIn = ({ selector }: WaveSpec, nodes: readonly Node[]): boolean =>
  nodes.some((node) => matches(selector, node.metadata.labels))

const isThrough = ({ soakUntil }: Wave, now: Date): boolean => soakUntil !== undefined && soakUntil <= now
