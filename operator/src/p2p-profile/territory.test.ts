// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { P2PProfile } from '@patchswarm/api'
import type { Node, NodeSelectorRequirement, Toleration } from '@patchswarm/kube'
import { describe, expect, test } from 'vitest'
import { node, profile } from '../testing/objects.ts'
import { exclusionOf } from './exclusion.ts'
import { isMeant, type Rival, rivalsOf, runsAgent } from './territory.ts'

const made = (name: string, second: number, spec: Partial<P2PProfile['spec']> = {}): P2PProfile => {
  const one = profile(spec, name)
  return { ...one, metadata: { ...one.metadata, creationTimestamp: `2026-11-21T10:00:0${second}Z` } }
}
const selecting = (name: string, second: number, nodeSelector: Record<string, string>): P2PProfile =>
  made(name, second, { nodeSelector })
const names = (rivals: readonly Rival[]): string[] => rivals.map((one) => one.profile.metadata.name)
const nobody = () => false

const young = selecting('young', 5, { pool: 'edge' })
const gpu: Toleration = { key: 'gpu', operator: 'Exists' }
const tainted = { taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] }

describe('a node that two profiles match belongs to', () => {
  test.for<{ name: string; all: P2PProfile[]; rivals: string[]; hasAgents?: true }>([
    { name: 'itself when nobody is older', all: [young, made('younger', 6)], rivals: [] },
    { name: 'the older one', all: [young, made('old', 4)], rivals: ['old'] },
    {
      name: 'the first by name of the same second',
      all: [young, made('also', 5), made('zed', 5)],
      rivals: ['also'],
    },
    {
      name: 'the oldest of several',
      all: [young, made('old', 4), made('oldest', 3)],
      rivals: ['oldest', 'old'],
    },
    { name: 'the one whose labels it has', all: [young, selecting('old', 4, { pool: 'core' })], rivals: [] },
    { name: 'the one that is not disabled', all: [young, made('old', 4, { enabled: false })], rivals: [] },
    {
      name: 'a disabled one while its agents are there',
      all: [young, made('old', 4, { enabled: false })],
      hasAgents: true,
      rivals: ['old'],
    },
  ])('$name', ({ all, hasAgents, rivals }) => {
    expect(names(rivalsOf(young, all, [], () => hasAgents ?? false))).toEqual(rivals)
  })

  test('a profile that is being deleted until its agents have gone', () => {
    const old = made('old', 4)
    old.metadata.deletionTimestamp = '2026-11-21T11:00:00Z'
    expect(names(rivalsOf(young, [old], [], () => true))).toEqual(['old'])
    expect(rivalsOf(young, [old], [], nobody)).toEqual([])
  })
})

describe('a node whose taint only the younger profile tolerates', () => {
  const tolerant = made('tolerant', 5, { nodeSelector: {}, tolerations: [gpu] })
  const fleet = (plain: number): Node[] => [
    node('special', {}, tainted),
    ...Array.from({ length: plain }, (_, index) => node(`plain-${index}`)),
  ]
  const has = (of: P2PProfile, older: P2PProfile, nodes: readonly Node[]) => {
    const rivals = rivalsOf(of, [older], nodes, nobody)
    return nodes.filter((one) => runsAgent(one, of, rivals)).map((one) => one.metadata.name)
  }

  test('is its own, and the others are named in its template', () => {
    const nodes = fleet(2)
    expect(has(tolerant, made('old', 4), nodes)).toEqual(['special'])
    const rivals = rivalsOf(tolerant, [made('old', 4)], nodes, nobody)
    expect(termsOf(tolerant, rivals)).toEqual([
      {
        matchFields: ['plain-0', 'plain-1'].map((name) => ({
          key: 'metadata.name',
          operator: 'NotIn',
          values: [name],
        })),
      },
    ])
  })

  test('costs nothing in the template when they share no node', () => {
    expect(exclusionOf(tolerant, rivalsOf(tolerant, [made('old', 4)], fleet(0), nobody))).toEqual({})
  })

  test('is nobody’s when they share more than fit into a template', () => {
    const nodes = fleet(5000)
    expect(has(tolerant, made('old', 4), nodes)).toEqual([])
    expect(
      JSON.stringify(exclusionOf(tolerant, rivalsOf(tolerant, [made('old', 4)], nodes, nobody))).length,
    ).toBeLessThan(200)
  })

  test('is the older one’s when that tolerates everything', () => {
    const old = made('old', 4, { tolerations: [{ operator: 'Exists' }] })
    expect(has(tolerant, old, fleet(1))).toEqual([])
  })
})

test('5,000 nodes that an older profile has too are left out by its labels, whatever their names', () => {
  const rivals = rivalsOf(young, [selecting('old', 4, { os: 'linux' })], [], nobody)
  expect(termsOf(young, rivals)).toEqual([
    { matchExpressions: [{ key: 'os', operator: 'NotIn', values: ['linux'] }] },
  ])
})

test('the affinity of the agents says the same as the choice of nodes, for all of some thousand cases', () => {
  const values = { a: ['1', '2', undefined], b: ['1', undefined], c: ['1', undefined] }
  const labelings = values.a.flatMap((a) =>
    values.b.flatMap((b) =>
      values.c.map((c) => Object.fromEntries(Object.entries({ a, b, c }).filter(([, value]) => value))),
    ),
  ) as Record<string, string>[]
  const fleet = labelings.flatMap((labels, index) => [
    node(`n${index}`, labels),
    node(`t${index}`, labels, tainted),
  ])
  for (const own of labelings)
    for (const first of labelings)
      for (const second of [{}, { b: '1', c: '1' }, { c: '1' }])
        for (const tolerations of [[], [gpu]]) {
          const of = made('young', 5, { nodeSelector: own, tolerations })
          const rivals = rivalsOf(of, [selecting('x', 1, first), selecting('y', 2, second)], fleet, nobody)
          const [chosen, placed] = [runsAgent, isPlaced].map((has) =>
            fleet.filter((one) => has(one, of, rivals)),
          )
          expect(chosen).toEqual(placed)
        }
})

const termsOf = (of: P2PProfile, rivals: readonly Rival[]) =>
  exclusionOf(of, rivals).affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
    ?.nodeSelectorTerms

/** As the DaemonSet's controller decides. */
function isPlaced(one: Node, of: P2PProfile, rivals: readonly Rival[]): boolean {
  const terms = termsOf(of, rivals)
  const isAnother = ({ key, values = [] }: NodeSelectorRequirement) =>
    !values.includes((key === 'metadata.name' ? one.metadata.name : one.metadata.labels?.[key]) ?? '')
  return (
    isMeant(one, of) &&
    (terms === undefined ||
      terms.some(({ matchExpressions = [], matchFields = [] }) => {
        const all = [...matchExpressions, ...matchFields]
        return all.length > 0 && all.every(isAnother)
      }))
  )
}
