// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { handOverKey } from '@patchswarm/api'
import { digestOf } from '../patch-artifact/digest.ts'
import type { Observed } from './observed.ts'
import { isSameNode } from './selection.ts'

/** What a node is to say of itself, for programs that go on from there. */
export interface Announcement {
  readonly node: string
  readonly key: string
  readonly value: string
}

/** What is not allowed is not tried again for so long. */
export const announceAgainMs = 10_000

/** Nodes that have their files and do not say so yet. One that another job has taken over says what that one brought. */
export function announcementsOf({
  job,
  artifacts,
  nodes,
  nodeDistributions,
  replacers,
}: Pick<Observed, 'job' | 'artifacts' | 'nodes' | 'nodeDistributions' | 'replacers'>): Announcement[] {
  const { handOver } = job.spec
  if (!handOver || artifacts.includes(undefined)) return []
  const key = handOverKey(job.metadata.namespace ?? '', handOver.nodeAnnotation)
  const value = artifacts.map((one) => one && digestOf(one)).join(',')
  const byName = new Map(nodes.map((one) => [one.metadata.name, one]))
  return nodeDistributions.flatMap(({ spec, status }) => {
    const node = byName.get(spec.nodeName)
    if (status?.state !== 'Delivered' || !node || !isSameNode(node, spec.nodeUID)) return []
    if (replacers.has(spec.nodeName) || node.metadata.annotations?.[key] === value) return []
    return [{ node: spec.nodeName, key, value }]
  })
}
