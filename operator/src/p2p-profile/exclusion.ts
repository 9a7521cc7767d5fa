// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { P2PProfile } from '@patchswarm/api'
import type { NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from '@patchswarm/kube'
import type { Rival } from './territory.ts'

/**
 * Keeps the agents of a profile from nodes that older ones have. By their labels where that says it: the template then stays
 * the same, and no agent is rolled, whatever nodes come and go.
 */
export function exclusionOf(profile: P2PProfile, rivals: readonly Rival[]): Pick<PodSpec, 'affinity'> {
  if (rivals.every((rival) => rival.by === 'names' && rival.nodes.size === 0)) return {}
  const named = rivals.flatMap((rival) => (rival.by === 'names' ? [...rival.nodes] : [])).sort()
  const matchFields = [...new Set(named)].map(
    (name): NodeSelectorRequirement => ({
      key: 'metadata.name',
      operator: 'NotIn',
      values: [name],
    }),
  )
  const terms = rivals
    .filter(({ by }) => by === 'labels')
    .map(({ profile: older }) => labelsWanting(older, profile))
    .reduce<NodeSelectorRequirement[][]>(
      (all, ways) => all.flatMap((one) => ways.map((way) => [...one, way])),
      [[]],
    )
    .map(
      (matchExpressions): NodeSelectorTerm => ({
        ...(matchExpressions.length > 0 && { matchExpressions }),
        ...(matchFields.length > 0 && { matchFields }),
      }),
    )
  const required = { nodeSelectorTerms: terms.length > 0 ? terms : [noNode] }
  return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } } }
}

/** A term without any requirement matches nothing. */
const noNode: NodeSelectorTerm = {}

/** A node is not the older profile's when it lacks any of its labels; those that both want none of the younger's nodes lacks. */
const labelsWanting = (older: P2PProfile, younger: P2PProfile): NodeSelectorRequirement[] =>
  Object.entries(older.spec.nodeSelector ?? {})
    .filter(([key]) => younger.spec.nodeSelector?.[key] === undefined)
    .map(([key, value]) => ({ key, operator: 'NotIn', values: [value] }))
