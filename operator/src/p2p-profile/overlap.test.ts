// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { findCondition } from '@patchswarm/api'
import { describe, expect, test } from 'vitest'
import { node, nodes, profile } from '../testing/objects.ts'
import { decide, kinds, running } from '../testing/profile-plans.ts'

describe('nodes that an older profile has', () => {
  const older = profile({}, 'old')
  const rivals = [{ profile: older, by: 'labels' as const }]
  const fleet = (...pools: string[]) => pools.map((pool, index) => node(`n${index + 1}`, { pool }))
  const edge = { profile: profile({ nodeSelector: { pool: 'edge' } }, 'old'), by: 'labels' as const }

  test('stall a profile that has no others', () => {
    const planned = decide({ ...running(profile(), 0, 0, 0, rivals), rivals, nodes: nodes(30) })
    expect(planned.said).toBe('False NodeOverlap')
    expect(findCondition(planned.status?.conditions, 'Stalled')?.message).toBe(
      'Every node that the profile matches, 30 in all, belongs to an older one (old): write another spec.nodeSelector into one of them.',
    )
    expect(planned.status?.overlap).toMatchObject({ count: 30, nodes: { length: 20 } })
  })

  test('are named by one whose other agents are ready', () => {
    const nodes = fleet('core', 'edge', 'core')
    const planned = decide({ ...running(profile(), 2, 2, 1, [edge]), rivals: [edge], nodes })
    expect(planned.said).toBe('True NodeOverlap')
    expect(planned.status?.overlap).toEqual({ count: 1, nodes: [{ node: 'n2', profile: 'old' }] })
  })

  test('cost the profile its agents there, and come back with them', () => {
    const before = running(profile(), 3, 3)
    expect(kinds(decide({ ...before, rivals: [edge] }).apply)).toEqual(['DaemonSet'])
    const after = running(profile(), 2, 2, 1, [edge])
    expect(kinds(decide({ ...after, rivals: [] }).apply)).toEqual(['DaemonSet'])
  })
})
