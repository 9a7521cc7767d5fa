// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { findCondition, type P2PProfile } from '@patchswarm/api'
import type { DaemonSet, KubeObject, Pod, StatefulSet } from '@patchswarm/kube'
import { describe, expect, test } from 'vitest'
import { node, nodes, now, profile, settings } from '../testing/objects.ts'
import type { Down } from './down.ts'
import { type ClientView, type Observed, plan } from './plan.ts'
import type { Rival } from './territory.ts'
import { childrenFor } from './workloads.ts'

/** The cluster as it is once everything is applied and so many Pods run. */
function running(
  of: P2PProfile,
  desired: number,
  ready: number,
  seeders = 1,
  rivals: readonly Rival[] = [],
): Partial<Observed> {
  const children = childrenFor(of, settings, rivals).map((one) => structuredClone(one))
  const daemonSet = children.find((one) => one.kind === 'DaemonSet') as DaemonSet
  daemonSet.metadata.generation = 1
  daemonSet.status = {
    observedGeneration: 1,
    desiredNumberScheduled: desired,
    numberReady: ready,
    updatedNumberScheduled: ready,
  }
  const statefulSet = children.find((one) => one.kind === 'StatefulSet') as StatefulSet
  statefulSet.metadata.generation = 1
  statefulSet.status = { observedGeneration: 1, readyReplicas: seeders }
  return { children, daemonSet, statefulSet }
}

const observed = (over: Partial<Observed> = {}): Observed => ({
  profile: profile(),
  settings,
  nodes: [],
  rivals: [],
  children: [],
  daemonSet: undefined,
  statefulSet: undefined,
  clients: [],
  pods: [],
  down: [],
  downSince: new Map(),
  cleaningSince: undefined,
  now,
  ...over,
})

const decide = (over: Partial<Observed> = {}) => {
  const planned = plan(observed(over))
  if (!planned) throw new Error('no plan')
  const ready = findCondition(planned.status?.conditions, 'Ready')
  return { ...planned, said: `${ready?.status} ${ready?.reason}` }
}
const kinds = (objects: readonly KubeObject[]) => objects.map((one) => one.kind)
const quiet = { version: '1.0.0', rootsMissing: [], cache: undefined }
const agents = (...wiped: boolean[]): ClientView[] =>
  wiped.map((one, index) => ({ role: 'agent', node: `n${index + 1}`, wiped: one, ...quiet }))
const secondsAgo = (seconds: number) => now.getTime() - seconds * 1000

describe('rolling out', () => {
  test('a new profile gets its finalizer and all that belongs to it', () => {
    const fresh = profile()
    fresh.metadata.finalizers = []
    const planned = decide({ profile: fresh })
    expect(planned.finalizer).toBe('add')
    expect(kinds(planned.apply)).toEqual([
      'ServiceAccount',
      'ServiceAccount',
      'Service',
      'StatefulSet',
      'DaemonSet',
    ])
    expect(planned.said).toBe('False Rolling')
  })

  test.for<{ name: string; given: Partial<Observed>; said: string }>([
    { name: 'all Pods are ready', given: running(profile(), 3, 3), said: 'True AgentsReady' },
    { name: 'no node matches', given: running(profile(), 0, 0), said: 'True AgentsReady' },
    { name: 'an agent is not ready', given: running(profile(), 3, 2), said: 'False Rolling' },
    { name: 'the seeder is not ready', given: running(profile(), 3, 3, 0), said: 'False WaitingForSeeder' },
  ])('when $name it says $said and applies nothing', ({ given, said }) => {
    const planned = decide(given)
    expect(planned.said).toBe(said)
    expect(planned.apply).toEqual([])
  })

  test('a changed root rolls the agents and leaves the seeder alone', () => {
    const before = running(profile(), 3, 3)
    const changed = profile({ delivery: { allowedRoots: [{ path: '/srv/patches' }] } })
    const planned = decide({ ...before, profile: changed })
    expect(kinds(planned.apply)).toEqual(['DaemonSet'])
    expect(planned.said).toBe('False Rolling')
  })

  test('peers and namespaces change live', () => {
    const before = running(profile(), 3, 3)
    const changed = profile({ peers: { maxPeers: 8, admit: ['12D3'] }, allowedNamespaces: {} })
    expect(decide({ ...before, profile: changed }).apply).toEqual([])
  })

  test('a field that is wanted no longer is taken back, and what somebody has changed too', () => {
    const limited = profile({ resources: { limits: { memory: '512Mi' } } })
    expect(kinds(decide(running(limited, 1, 1)).apply)).toEqual(['DaemonSet'])
    const touched = running(profile(), 1, 1)
    const daemonSet = touched.children?.find((one) => one.kind === 'DaemonSet') as DaemonSet
    daemonSet.spec.template.spec.hostNetwork = false
    expect(kinds(decide(touched).apply)).toEqual(['DaemonSet'])
  })
})

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

describe('the caches', () => {
  const withCache = (node: string, usedBytes: number, refusal = '', role: ClientView['role'] = 'agent') => ({
    role,
    node,
    wiped: false,
    ...quiet,
    cache: { usedBytes, refusal },
  })

  test('of agents are added up, and nodes that refuse are named', () => {
    const clients = [withCache('n2', 5, 'too little'), withCache('n1', 7), withCache('n1', 99, '', 'seeder')]
    expect(decide({ ...running(profile(), 2, 2), clients }).status?.cache).toEqual({
      bytes: 12,
      refused: 1,
      refusedNodes: [{ node: 'n2', message: 'too little' }],
    })
  })

  test('name no more than 20 nodes', () => {
    const clients = Array.from({ length: 30 }, (_, index) => withCache(`n${100 + index}`, 1, 'too little'))
    const { refused, refusedNodes } = decide({ ...running(profile(), 30, 30), clients }).status?.cache ?? {}
    expect([refused, refusedNodes?.length, refusedNodes?.at(-1)?.node]).toEqual([30, 20, 'n119'])
  })
})

describe('agents that are down', () => {
  const down = (node: string, reason: string, starting = false): Down => ({
    node,
    reason,
    message: `${reason}.`,
    starting,
  })
  const since = (...seconds: number[]) =>
    new Map(seconds.map((one, index) => [`n${index + 1}`, secondsAgo(one)]))

  test.for<{ name: string; down: Down[]; downSince: Map<string, number>; said: string; names: string[] }>([
    {
      name: 'are not named while they start',
      down: [down('n1', 'NotReady', true)],
      downSince: since(29),
      said: 'Rolling',
      names: [],
    },
    {
      name: 'are named when that takes long',
      down: [down('n1', 'NotReady', true)],
      downSince: since(30),
      said: 'Rolling',
      names: ['n1'],
    },
    {
      name: 'stall the profile after two minutes',
      down: [down('n1', 'NotConnected', true)],
      downSince: since(120),
      said: 'AgentsMissing',
      names: ['n1'],
    },
    {
      name: 'stall it at once when Kubernetes has given up',
      down: [down('n1', 'ImagePullBackOff')],
      downSince: since(0),
      said: 'AgentsMissing',
      names: ['n1'],
    },
    {
      name: 'do not stall it while others start',
      down: [down('n1', 'ImagePullBackOff'), down('n2', 'NotReady', true)],
      downSince: since(600, 10),
      said: 'Rolling',
      names: ['n1'],
    },
    {
      name: 'do not stall it when their nodes are away',
      down: [down('n1', 'NodeNotReady', true)],
      downSince: since(600),
      said: 'Rolling',
      names: ['n1'],
    },
  ])('$name', ({ said, names, ...given }) => {
    const planned = decide({ ...running(profile(), 3, 2), ...given })
    expect(planned.said).toBe(`False ${said}`)
    expect(planned.status?.agents?.missingNodes?.map(({ node }) => node)).toEqual(names)
    expect(planned.requeueAfterMs).toBe(10_000)
  })

  test('are counted, the first 20 named, and the first one told of in the condition', () => {
    const many = Array.from({ length: 30 }, (_, index) => down(`n${100 + index}`, 'ErrImagePull'))
    const { status } = decide({ ...running(profile(), 30, 0), down: many })
    expect([status?.agents?.missing, status?.agents?.missingNodes?.length]).toEqual([30, 20])
    expect(findCondition(status?.conditions, 'Ready')?.message).toBe(
      '0 of 30 agents ready with the present spec. n100: ErrImagePull: ErrImagePull. 29 more in status.agents.missingNodes.',
    )
  })

  test('are looked for in the Pod of a seeder, too', () => {
    const pod: Pod = {
      metadata: { name: 's-0', labels: { 'patchswarm.dev/role': 'seeder' } },
      spec: { containers: [] },
      status: {
        conditions: [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes are available.' }],
      },
    }
    const { status } = decide({ ...running(profile(), 3, 3, 0), pods: [pod] })
    expect(findCondition(status?.conditions, 'Ready')?.message).toContain(
      'Unschedulable: 0/3 nodes are available.',
    )
  })
})

test('nodes without an allowed root are named, and the profile is Ready all the same', () => {
  const client = {
    role: 'agent' as const,
    node: 'n2',
    wiped: false,
    ...quiet,
    rootsMissing: ['/srv/b', '/srv/a'],
  }
  const planned = decide({ ...running(profile(), 2, 2), clients: [client] })
  expect(planned.said).toBe('True RootMissing')
  expect(planned.status?.roots).toEqual({
    missing: 1,
    missingNodes: [{ node: 'n2', paths: ['/srv/a', '/srv/b'] }],
  })
})

test('versions of connected agents are counted, the most common first', () => {
  const versions = ['2.0', '1.0', '1.0']
  const clients = versions.map((version) => ({
    role: 'agent' as const,
    node: 'n',
    wiped: false,
    ...quiet,
    version,
  }))
  expect(decide({ clients }).status?.agents?.versions).toEqual([
    { version: '1.0', agents: 2 },
    { version: '2.0', agents: 1 },
  ])
})

describe('going', () => {
  const disabled = () => profile({ enabled: false })
  const deleted = () => {
    const going = profile()
    going.metadata.deletionTimestamp = now.toISOString()
    return going
  }

  test.for<{ name: string; given: Partial<Observed>; removes: number }>([
    {
      name: 'waits for a connected agent to empty its cache',
      given: { clients: agents(true, false), cleaningSince: secondsAgo(5) },
      removes: 0,
    },
    {
      name: 'waits for agents that are about to connect',
      given: { clients: agents(true), cleaningSince: secondsAgo(5) },
      removes: 0,
    },
    {
      name: 'removes all when all have',
      given: { clients: agents(true, true), cleaningSince: secondsAgo(5) },
      removes: 5,
    },
    {
      name: 'waits no longer than 30 seconds',
      given: { clients: agents(true, false), cleaningSince: secondsAgo(30) },
      removes: 5,
    },
  ])('$name', ({ given, removes }) => {
    for (const going of [disabled(), deleted()]) {
      const planned = decide({ ...running(profile(), 2, 2), ...given, profile: going })
      expect(planned.remove).toHaveLength(removes)
      expect(planned.said).toBe('False CleaningUp')
      expect(planned.finalizer).toBeUndefined()
      expect(planned.requeueAfterMs).toBeLessThanOrEqual(2000)
    }
  })

  test('once everything is gone the finalizer goes', () => {
    expect(decide({ profile: deleted() })).toMatchObject({ finalizer: 'remove', apply: [], remove: [] })
  })

  test('once everything is gone a disabled profile says so, and can be deleted without an operator', () => {
    expect(decide({ profile: disabled() })).toMatchObject({ said: 'True Disabled', finalizer: 'remove' })
    const left = disabled()
    left.metadata.finalizers = []
    expect(decide({ profile: left }).finalizer).toBeUndefined()
  })

  test('a profile that others still hold is left alone', () => {
    const going = deleted()
    going.metadata.finalizers = ['example.com/other']
    expect(plan(observed({ profile: going }))).toBeUndefined()
  })
})
