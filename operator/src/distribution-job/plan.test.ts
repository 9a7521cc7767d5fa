// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { findCondition, isConditionTrue } from '@patchswarm/api'
import { describe, expect, test } from 'vitest'
import { isPaused } from '../job-state.ts'
import type { NodeProgress } from '../node-progress.ts'
import {
  artifact,
  condition,
  homeNamespace,
  job,
  MiB,
  node,
  nodes,
  now,
  operatorNamespace,
  profile,
  readyArtifact,
  rollout,
  row,
} from '../testing/objects.ts'
import type { Observed } from './observed.ts'
import { type Plan, plan } from './plan.ts'

const observed = (over: Partial<Observed> = {}): Observed => ({
  job: job(),
  artifacts: [readyArtifact()],
  profile: profile(),
  rivals: [],
  namespace: homeNamespace,
  operatorNamespace,
  nodes: nodes(3),
  nodeDistributions: [],
  connected: new Set(['n1', 'n2', 'n3']),
  live: new Map(),
  claims: new Map(),
  replacers: new Map(),
  changed: new Set(),
  idleMs: new Map(),
  reportIntervalMs: 2000,
  now,
  ...over,
})

const decide = (over: Partial<Observed> = {}): Plan => {
  const planned = plan(observed(over))
  if (!planned) throw new Error('no plan')
  return planned
}

/** "False Stalled DirectoryNotAllowed": what kstatus and people see. */
const said = ({ status }: Plan): string => {
  const ready = findCondition(status.conditions, 'Ready')
  const others = ['Reconciling', 'Stalled', 'Complete', 'Failed', 'Suspended']
  const true_ = others.filter((type) => isConditionTrue(status.conditions, type))
  return [ready?.status, ...true_, ready?.reason].join(' ')
}

const progress = (bytesDone: number, rate = 0): NodeProgress => ({
  state: 'Fetching',
  reason: '',
  message: '',
  bytesDone,
  bytesTotal: 100 * MiB,
  bytes: { origin: 0, peers: bytesDone, cache: 0 },
  rate,
  peers: 2,
  usefulPeers: 2,
  bytesChecked: 0,
  files: [],
  startedAt: 1,
  finishedAt: 0,
})

const delivered = { state: 'Delivered', completionTime: now.toISOString() } as const
const failed = {
  state: 'Failed',
  reason: 'TargetNotWritable',
  message: '/opt/patches is read-only.',
  completionTime: now.toISOString(),
} as const
const stalledArtifact = () =>
  artifact(
    {},
    { conditions: [condition('Ready', 'DigestMismatch', 'False'), condition('Stalled', 'DigestMismatch')] },
  )
const ingestingArtifact = (size?: number, spec: Parameters<typeof artifact>[0] = {}) =>
  artifact(spec, {
    conditions: [condition('Ready', 'Ingesting', 'False')],
    ...(size === undefined ? {} : { size }),
  })

test.for<{ name: string; given: Partial<Observed>; says: string; creates?: number; again?: number }>([
  {
    name: 'starts every connected node of the profile',
    given: {},
    says: 'False Reconciling Distributing',
    creates: 3,
  },
  {
    name: 'waits for an artifact that is not there',
    given: { artifacts: [undefined], profile: undefined },
    says: 'False Reconciling WaitingForArtifact',
  },
  {
    name: 'starts while the artifact is still being read',
    given: { artifacts: [ingestingArtifact(1000)] },
    says: 'False Reconciling Distributing',
    creates: 3,
  },
  {
    name: 'waits for an artifact that is read while nobody knows how much there is',
    given: { artifacts: [ingestingArtifact()] },
    says: 'False Reconciling WaitingForArtifact',
  },
  {
    name: 'waits for an artifact that is read and cut where its content says',
    given: {
      artifacts: [ingestingArtifact(1000, { chunking: { strategy: 'ContentDefined', size: 262144 } })],
    },
    says: 'False Reconciling WaitingForArtifact',
  },
  {
    name: 'stalls when an artifact has stalled',
    given: { artifacts: [stalledArtifact()] },
    says: 'False Stalled ArtifactFailed',
  },
  {
    name: 'waits for an unknown profile',
    given: { profile: undefined },
    says: 'False Reconciling WaitingForProfile',
  },
  {
    name: 'waits for a disabled profile',
    given: { profile: profile({ enabled: false }) },
    says: 'False Reconciling WaitingForProfile',
  },
  {
    name: 'stalls when its artifacts belong to several profiles',
    given: {
      artifacts: [readyArtifact(), artifact({ profile: 'other' })],
      job: job({ artifacts: [{ name: 'patch' }, { name: 'other' }] }),
    },
    says: 'False Stalled ProfilesDiffer',
  },
  {
    name: 'stalls in a namespace that the profile does not admit',
    given: { namespace: { name: 'team-b', labels: {} } },
    says: 'False Stalled NamespaceNotAllowed',
  },
  {
    name: 'runs in a namespace that the selector admits',
    given: { profile: profile({ allowedNamespaces: { matchLabels: { team: 'core' } } }) },
    says: 'False Reconciling Distributing',
    creates: 3,
  },
  {
    name: 'stalls when the directory is outside the roots',
    given: { job: job({ delivery: { method: 'Auto', directory: '/opt/other', mode: '0644' } }) },
    says: 'False Stalled DirectoryNotAllowed',
  },
  {
    name: 'stalls when the root admits other namespaces only',
    given: {
      profile: profile({ delivery: { allowedRoots: [{ path: '/opt/patches', namespaces: ['team-b'] }] } }),
    },
    says: 'False Stalled DirectoryNotAllowed',
  },
  {
    name: 'stalls when no node matches',
    given: { job: job({ target: { nodeNames: ['n9'] } }) },
    says: 'False Stalled NoNodesSelected',
  },
  {
    name: 'waits for agents when none is connected',
    given: { connected: new Set() },
    says: 'False Reconciling WaitingForAgents',
  },
  {
    name: 'starts the connected nodes and waits for the others',
    given: { connected: new Set(['n2']) },
    says: 'False Reconciling Distributing',
    creates: 1,
  },
  {
    name: 'starts no more nodes than maxConcurrent',
    given: { job: job({ rollout: rollout({ maxConcurrent: 2 }) }) },
    says: 'False Reconciling Distributing',
    creates: 2,
  },
  {
    name: 'counts what is active against maxConcurrent',
    given: { job: job({ rollout: rollout({ maxConcurrent: 2 }) }), nodeDistributions: [row('n1')] },
    says: 'False Reconciling Distributing',
    creates: 1,
  },
  {
    name: 'starts nothing while suspended',
    given: { job: job({ suspend: true }) },
    says: 'False Reconciling Suspended Suspended',
  },
  {
    name: 'is complete when every node has delivered',
    given: {
      nodeDistributions: ['n1', 'n2', 'n3'].map((name) =>
        row(name, { state: 'Delivered', progressPercent: 100 }),
      ),
    },
    says: 'True Complete Completed',
  },
  {
    name: 'has failed when all are done and one could not',
    given: {
      nodeDistributions: [
        row('n1', { state: 'Delivered' }),
        row('n2', { state: 'Failed', reason: 'RootMissing', message: '/opt/patches does not exist.' }),
        row('n3', { state: 'Delivered' }),
      ],
    },
    says: 'False Stalled Failed NodesFailed',
  },
  {
    name: 'is complete when fewer nodes have failed than the threshold allows',
    given: {
      job: job({ rollout: rollout({ failureThreshold: 2 }) }),
      nodeDistributions: [row('n1', delivered), row('n2', failed), row('n3', delivered)],
    },
    says: 'True Complete Completed',
  },
  {
    name: 'halts at the threshold and starts nobody',
    given: {
      job: job({ rollout: rollout({ maxConcurrent: 1, failureThreshold: 1 }) }),
      nodeDistributions: [row('n1', failed)],
    },
    says: 'False Stalled FailureThresholdExceeded',
  },
  {
    name: 'says that it has halted while nodes at work finish',
    given: {
      job: job({ rollout: rollout({ maxConcurrent: 2, failureThreshold: '1%' }) }),
      nodeDistributions: [row('n1', failed), row('n2')],
    },
    says: 'False Stalled FailureThresholdExceeded',
  },
  {
    name: 'goes on beyond the threshold when told so',
    given: {
      job: job({ rollout: rollout({ maxConcurrent: 1, failureThreshold: 1, onThreshold: 'Continue' }) }),
      nodeDistributions: [row('n1', failed)],
    },
    says: 'False Reconciling Distributing',
    creates: 1,
  },
  {
    name: 'has failed in the end when it went on beyond the threshold',
    given: {
      job: job({ rollout: rollout({ failureThreshold: 1, onThreshold: 'Continue' }) }),
      nodeDistributions: [row('n1', failed), row('n2', delivered), row('n3', delivered)],
    },
    says: 'False Stalled Failed FailureThresholdExceeded',
  },
  {
    name: 'waits before a failed node tries again',
    given: {
      job: job({ rollout: rollout({ retries: 1 }) }),
      nodeDistributions: [row('n1', failed), row('n2', delivered), row('n3', delivered)],
    },
    says: 'False Reconciling Retrying',
  },
  {
    name: 'a failed node that tries again does not count against the threshold',
    given: {
      job: job({ rollout: rollout({ retries: 1, failureThreshold: 1, maxConcurrent: 1 }) }),
      nodeDistributions: [row('n1', failed)],
    },
    says: 'False Reconciling Distributing',
    creates: 1,
  },
  {
    name: 'a new token lets a halted job try its failed nodes first',
    given: {
      job: job({ rollout: rollout({ maxConcurrent: 1, failureThreshold: 1, retryToken: 'mended' }) }),
      nodeDistributions: [row('n1', failed)],
    },
    says: 'False Reconciling Distributing',
    again: 1,
  },
  {
    name: 'skips nodes that are gone',
    given: {
      nodes: nodes(2),
      nodeDistributions: [row('n1', { state: 'Delivered' }), row('n2', { state: 'Delivered' }), row('n3')],
    },
    says: 'True Complete Completed',
  },
  {
    name: 'lets running nodes go on when the artifact is not ready any more, and starts none',
    given: { artifacts: [ingestingArtifact()], nodeDistributions: [row('n1')] },
    says: 'False Reconciling Distributing',
  },
])('$name', ({ given, says, creates = 0, again = 0 }) => {
  const planned = decide(given)
  expect(said(planned)).toBe(says)
  expect(planned.create).toHaveLength(creates)
  expect(planned.rows).toHaveLength(again)
})

test('a job that is over is left alone', () => {
  const conditions = [condition('Ready', 'Completed'), condition('Complete', 'Completed')]
  const over = job({}, { observedGeneration: 1, conditions })
  expect(plan(observed({ job: over }))).toBeUndefined()
})

test.for([
  { name: 'stays without a time to live', ttl: undefined, is: undefined },
  { name: 'waits for its time', ttl: 61, is: { requeueAfterMs: 1000, rows: [] } },
  { name: 'waits in steps that a timer can take', ttl: 86_400, is: { requeueAfterMs: 3_600_000 } },
  { name: 'goes when its time has come', ttl: 60, is: { expired: true } },
])('a job that is over $name', ({ ttl, is }) => {
  const conditions = [condition('Ready', 'Completed'), condition('Complete', 'Completed')]
  const status = { observedGeneration: 1, conditions, completionTime: '2026-11-21T11:59:00Z' }
  const over = job(ttl === undefined ? {} : { ttlSecondsAfterFinished: ttl }, status)
  const planned = plan(observed({ job: over }))
  if (is === undefined) expect(planned).toBeUndefined()
  else expect(planned).toMatchObject({ ...is, status })
})

test('a job that is not over has no time to live', () => {
  const running = job({ ttlSecondsAfterFinished: 0 }, { startTime: '2026-11-21T11:00:00Z' })
  expect(decide({ job: running }).expired).toBeUndefined()
})

test('a job that ends does not look after its files', () => {
  const changed = new Set([row('n1').metadata.name])
  const nodeDistributions = [row('n1', delivered), row('n2')]
  expect(decide({ nodes: nodes(2), nodeDistributions, changed }).rows).toEqual([])
})

test('a change of a job that is over is taken note of and changes nothing', () => {
  const conditions = [condition('Ready', 'Completed'), condition('Complete', 'Completed')]
  const changed = job({ suspend: true }, { observedGeneration: 1, conditions, succeeded: 3 })
  changed.metadata.generation = 2
  const planned = decide({ job: changed })
  expect(planned.status).toMatchObject({ observedGeneration: 2, succeeded: 3 })
  expect(said(planned)).toBe('True Complete Completed')
  expect([...planned.create, ...planned.events]).toEqual([])
})

test('a new token opens a job again that is over', () => {
  const conditions = [condition('Ready', 'NodesFailed', 'False'), condition('Failed', 'NodesFailed')]
  const over = job({ rollout: rollout({ retryToken: 'second' }) }, { observedGeneration: 1, conditions })
  const planned = decide({
    job: over,
    nodes: nodes(2),
    nodeDistributions: [row('n1', delivered), row('n2', failed)],
  })
  expect(said(planned)).toBe('False Reconciling Distributing')
  expect(
    planned.rows.map(({ object, status }) => [object.spec.nodeName, status.attempt, status.state]),
  ).toEqual([['n2', 2, 'Waiting']])
  const after = row('n2', { ...planned.rows[0]?.status, ...failed })
  expect(
    plan(observed({ job: over, nodes: nodes(2), nodeDistributions: [row('n1', delivered), after] })),
  ).toBeUndefined()
})

test('a job that is being deleted is left alone', () => {
  const going = job()
  going.metadata.deletionTimestamp = now.toISOString()
  expect(plan(observed({ job: going }))).toBeUndefined()
})

test('nodes that joined after the start are not part of the job', () => {
  const late = node('late')
  late.metadata.creationTimestamp = '2026-11-21T12:00:05Z'
  const running = job({}, { startTime: '2026-11-21T12:00:00Z' })
  const planned = decide({
    job: running,
    nodes: [...nodes(2), late],
    connected: new Set(['n1', 'n2', 'late']),
  })
  expect(planned.create.map((one) => one.spec.nodeName).sort()).toEqual(['n1', 'n2'])
})

const readySince = (status: 'True' | 'False', since: string) => ({
  conditions: [{ type: 'Ready', status, lastTransitionTime: since, message: 'Kubelet stopped posting.' }],
})
const withStatus = (name: string, status: ReturnType<typeof readySince>) => ({ ...node(name), status })

test.for<{
  name: string
  third: ReturnType<typeof node>
  connected?: string[]
  rows?: string[]
  skipped?: string
}>([
  {
    name: 'a cordoned node is left out',
    third: node('n3', {}, { unschedulable: true }),
    skipped: 'NodeCordoned',
  },
  {
    name: 'a cordoned node at work may finish',
    third: node('n3', {}, { unschedulable: true }),
    rows: ['n3'],
  },
  {
    name: 'a node that has not been ready for a minute is left out',
    third: withStatus('n3', readySince('False', '2026-11-21T11:59:00Z')),
    skipped: 'NodeNotReady',
  },
  {
    name: 'a node that is not ready for a moment is waited for',
    third: withStatus('n3', readySince('False', '2026-11-21T11:59:01Z')),
  },
  { name: 'a ready node takes part', third: withStatus('n3', readySince('True', '2026-11-21T11:00:00Z')) },
  {
    name: 'a node at work that is lost is left out',
    third: withStatus('n3', readySince('False', '2026-11-21T11:59:00Z')),
    rows: ['n3'],
    connected: ['n1', 'n2'],
    skipped: 'NodeNotReady',
  },
  {
    name: 'a node that is not ready but whose agent is at work may finish',
    third: withStatus('n3', readySince('False', '2026-11-21T11:59:00Z')),
    rows: ['n3'],
  },
  {
    name: 'another machine of the same name is not the node that began',
    third: { ...node('n3'), metadata: { ...node('n3').metadata, uid: 'another' } },
    rows: ['n3'],
    skipped: 'NodeGone',
  },
])('$name', ({ third, connected = ['n1', 'n2', 'n3'], rows = [], skipped }) => {
  const { status } = decide({
    nodes: [...nodes(2), third],
    connected: new Set(connected),
    nodeDistributions: ['n1', 'n2'].map((name) => row(name, delivered)).concat(rows.map((name) => row(name))),
  })
  expect(status.skippedNodes?.map((one) => one.reason)).toEqual(skipped ? [skipped] : [])
  expect(isConditionTrue(status.conditions, 'Complete')).toBe(skipped !== undefined)
})

const hours = { start: '13:00', end: '14:00', timeZone: 'Etc/UTC' }
const inHours = (atWindowEnd: 'Finish' | 'Pause' = 'Finish') => ({
  schedule: { windows: [hours], atWindowEnd },
})

test('outside its hours a job begins on no node and has no start time yet', () => {
  const planned = decide({ job: job(inHours()) })
  expect(said(planned)).toBe('False Reconciling OutsideWindow')
  expect(planned.create).toEqual([])
  expect(planned.status.startTime).toBeUndefined()
})

test.for([
  { atWindowEnd: 'Finish' as const, pauses: false, says: '1 running node may finish.' },
  { atWindowEnd: 'Pause' as const, pauses: true, says: '1 running node paused.' },
])('nodes at work when the hours are over: $atWindowEnd', ({ atWindowEnd, pauses, says }) => {
  const planned = decide({ job: job(inHours(atWindowEnd)), nodeDistributions: [row('n1')] })
  const message = findCondition(planned.status.conditions, 'Ready')?.message
  expect(message).toBe(`No node begins before 2026-11-21T13:00:00.000Z; ${says}`)
  expect(isPaused(job(inHours(atWindowEnd), planned.status))).toBe(pauses)
})

test('a failed node is not tried again on another machine of the same name', () => {
  const other = { ...node('n3'), metadata: { ...node('n3').metadata, uid: 'another' } }
  const { rows, status } = decide({
    job: job({ rollout: rollout({ retryToken: 'mended' }) }),
    nodes: [...nodes(2), other],
    nodeDistributions: [row('n1', delivered), row('n3', failed)],
  })
  expect(rows).toEqual([])
  expect(status).toMatchObject({ failed: 1, waiting: 0, active: 1 })
})

test('a job whose nodes are all cordoned waits for one', () => {
  const planned = decide({ nodes: [node('n1', {}, { unschedulable: true })] })
  expect(said(planned)).toBe('False Reconciling WaitingForNodes')
})

describe('a job that keeps nodes current', () => {
  const keeps = () => job({ completionPolicy: 'KeepCurrent' }, { startTime: '2026-11-21T09:00:00Z' })
  const done = ['n1', 'n2', 'n3'].map((name) => row(name, delivered))

  test('is Ready and never Complete', () => {
    expect(said(decide({ job: keeps(), nodeDistributions: done }))).toBe('True Current')
  })

  test('begins on a node that joins', () => {
    const planned = decide({
      job: keeps(),
      nodes: nodes(4),
      connected: new Set(['n4']),
      nodeDistributions: done,
    })
    expect(planned.create.map((one) => one.spec.nodeName)).toEqual(['n4'])
  })

  test('begins again on another machine of the same name, and forgets machines that are gone', () => {
    const other = { ...node('n2'), metadata: { ...node('n2').metadata, uid: 'another' } }
    const { remove } = decide({ job: keeps(), nodes: [node('n1'), other], nodeDistributions: done })
    expect(remove.map((one) => one.spec.nodeName)).toEqual(['n2', 'n3'])
  })

  test('brings a file again that is gone or another one, and says so', () => {
    const changed = new Set([row('n2').metadata.name])
    const before = { ...delivered, completionTime: '2026-11-21T11:00:00Z' }
    const nodeDistributions = ['n1', 'n2', 'n3'].map((name) => row(name, before))
    const again = decide({ job: keeps(), nodeDistributions, changed })
    expect(said(again)).toBe('False Reconciling Distributing')
    expect(again.rows).toMatchObject([
      { object: { spec: { nodeName: 'n2' } }, status: { state: 'Waiting', attempt: 2 } },
    ])
    expect(again.rows[0]?.status.message).toMatch(/^Try 2, after Changed: The delivered file was changed/)
    expect(again.status).toMatchObject({ desired: 3, succeeded: 2, active: 1, waiting: 0 })
  })

  test('leaves a file to the job that has taken over', () => {
    const nodeDistributions = [row('n2', { ...delivered, completionTime: '2026-11-21T11:00:00Z' })]
    const repairs = (replacers: ReadonlyMap<string, string>) =>
      decide({
        job: keeps(),
        nodes: [node('n2')],
        nodeDistributions,
        changed: new Set([row('n2').metadata.name]),
        replacers,
      }).rows
    expect(repairs(new Map())).toHaveLength(1)
    expect(repairs(new Map([['n2', 'next']]))).toEqual([])
  })

  test('says which nodes failed and is not over', () => {
    const rows = [row('n1', delivered), row('n2', failed), row('n3', delivered)]
    expect(said(decide({ job: keeps(), nodeDistributions: rows }))).toBe('False Stalled NodesFailed')
  })
})

describe('a path that another job has', () => {
  const claim = {
    node: 'n1',
    path: '/opt/patches/base/patch.bin',
    namespace: operatorNamespace,
    job: 'first',
    atWork: false,
    same: false,
  }
  const claims = new Map([['n1', [claim]]])
  const working = new Map(['n1', 'n2', 'n3'].map((name) => [name, [{ ...claim, atWork: true, same: true }]]))

  test('turns its node away, within what may begin at once', () => {
    const { create, status } = decide({ nodes: nodes(1), claims })
    expect(create[0]?.spec.refusal).toMatchObject({ reason: 'PathConflict' })
    expect(status).toMatchObject({ desired: 1, active: 1, failed: 0 })
  })

  test('makes the row of a node that was turned away a failed one, whatever holds by then', () => {
    const [made] = decide({ nodes: nodes(1), claims }).create
    const rows = made ? [made] : []
    const written = decide({ nodes: nodes(1), nodeDistributions: rows }).rows
    expect(written).toMatchObject([
      {
        object: made,
        status: { state: 'Failed', reason: 'PathConflict', message: made?.spec.refusal?.message },
      },
    ])
  })

  test('says nothing of the row any more once that has ended, or tries again', () => {
    const [made] = decide({ nodes: nodes(1), claims }).create
    if (!made) throw new Error('no row')
    for (const status of [failed, { state: 'Waiting' as const, attempt: 2 }]) {
      expect(decide({ nodes: nodes(1), nodeDistributions: [{ ...made, status }] }).rows).toEqual([])
    }
  })

  test('is asked for again when a node tries again', () => {
    const again = job({ rollout: rollout({ retryToken: 'mended' }) })
    const nodeDistributions = [row('n1', failed)]
    const still = decide({ job: again, nodes: nodes(1), nodeDistributions, claims })
    expect(still.rows).toMatchObject([
      { status: { state: 'Failed', reason: 'PathConflict', attempt: 2, retryToken: 'mended' } },
    ])
    const free = decide({ job: again, nodes: nodes(1), nodeDistributions })
    expect(free.rows).toMatchObject([{ status: { state: 'Waiting', attempt: 2 } }])
  })

  test('is waited for where the same file is on its way, and the job says so', () => {
    const planned = decide({ claims: working })
    expect(said(planned)).toBe('False Reconciling WaitingForPaths')
    expect(planned.create).toEqual([])
    expect(planned.status.conditions?.[0]?.message).toMatch(
      /patchswarm-system\/first still writes .* 3 nodes/,
    )
  })

  test('of a job that replaces this one: the node is left to it', () => {
    const planned = decide({ replacers: new Map([['n1', 'next']]) })
    expect(planned.create.map((one) => one.spec.nodeName).sort()).toEqual(['n2', 'n3'])
    expect(planned.status.skippedNodes).toMatchObject([{ node: 'n1', reason: 'Replaced' }])
  })

  test('on every node ends a job that has nothing left to do', () => {
    const all = new Map(['n1', 'n2', 'n3'].map((name) => [name, 'next']))
    expect(said(decide({ replacers: all }))).toBe('True Complete Completed')
  })

  test('twice in one job stalls it', () => {
    const twin = { ...readyArtifact(), metadata: { ...readyArtifact().metadata, name: 'twin' } }
    const two = job({ artifacts: [{ name: 'patch' }, { name: 'twin' }] })
    expect(said(decide({ job: two, artifacts: [readyArtifact(), twin] }))).toBe('False Stalled PathConflict')
  })
})

describe('a node that gets nothing done for too long', () => {
  const fetching = row('n1', { state: 'Fetching', attempt: 2, bytes: { peers: 5 } })
  const idleMs = new Map([[fetching.metadata.name, 600_000]])
  const stuck = (over: Partial<Observed> = {}) => decide({ nodeDistributions: [fetching], idleMs, ...over })

  test('fails, and its row keeps what it had reported', () => {
    expect(stuck().rows).toMatchObject([
      {
        object: fetching,
        status: {
          state: 'Failed',
          reason: 'NoProgress',
          attempt: 2,
          bytes: { peers: 5 },
          completionTime: now.toISOString(),
        },
      },
    ])
  })

  test('is left alone a moment before, once it is done, and while the job cannot run', () => {
    const before = new Map([[fetching.metadata.name, 599_999]])
    expect(stuck({ idleMs: before }).rows).toEqual([])
    expect(stuck({ nodeDistributions: [{ ...fetching, status: delivered }] }).rows).toEqual([])
    expect(stuck({ profile: profile({ enabled: false }) }).rows).toEqual([])
  })

  test('is given two report intervals at least', () => {
    expect(stuck({ reportIntervalMs: 300_001 }).rows).toEqual([])
  })

  test.for<{ name: string; given: Partial<Observed>; says: RegExp }>([
    {
      name: 'without an agent',
      given: { connected: new Set() },
      says: /No agent .*patchswarm-default-agent/,
    },
    { name: 'with an agent that does not begin', given: {}, says: /has not taken up the work in 600 s/ },
    {
      name: 'while it fetches',
      given: { live: new Map([[fetching.metadata.name, progress(0)]]) },
      says: /although 2 of the connected peers/,
    },
    {
      name: 'while it writes',
      given: { live: new Map([[fetching.metadata.name, { ...progress(0), state: 'Verifying' }]]) },
      says: /Writing and hashing .*disks/,
    },
  ])('says what to look at, $name', ({ given, says }) => {
    expect(stuck(given).rows[0]?.status.message).toMatch(says)
  })
})

describe('the deadline for progress', () => {
  const late = rollout({ progressDeadlineSeconds: 60, maxConcurrent: 1 })
  const status = {
    conditions: [condition('Ready', 'Distributing', 'False')],
    startTime: '2026-11-21T11:00:00Z',
    lastProgressTime: '2026-11-21T11:59:00Z',
    desired: 3,
    succeeded: 0,
    failed: 0,
    skipped: 0,
    progressPercent: 0,
    bytes: { origin: 100 * MiB, peers: 0, cache: 0, total: 300 * MiB },
  }
  const after = (over: object = {}, given: Partial<Observed> = {}) =>
    decide({ job: job({ rollout: late }, { ...status, ...over }), nodeDistributions: [row('n1')], ...given })

  test.for<{ name: string; plan: () => Plan; says: string; since?: string }>([
    {
      name: 'has passed: the job says so',
      plan: () => after(),
      says: 'False Stalled ProgressDeadlineExceeded',
      since: '2026-11-21T11:59:00Z',
    },
    {
      name: 'has passed before: it stays so',
      plan: () => after({ conditions: [condition('Ready', 'ProgressDeadlineExceeded', 'False')] }),
      says: 'False Stalled ProgressDeadlineExceeded',
      since: '2026-11-21T11:59:00Z',
    },
    {
      name: 'has not passed',
      plan: () => after({ lastProgressTime: '2026-11-21T11:59:01Z' }),
      says: 'False Reconciling Distributing',
      since: '2026-11-21T11:59:01Z',
    },
    {
      name: 'begins anew when something came',
      plan: () => after({ bytes: { ...status.bytes, origin: 1 } }),
      says: 'False Reconciling Distributing',
      since: '2026-11-21T12:00:00Z',
    },
    {
      name: 'begins anew when a node is done',
      plan: () => after({}, { nodeDistributions: [row('n1', failed)] }),
      says: 'False Reconciling Distributing',
      since: '2026-11-21T12:00:00Z',
    },
    {
      name: 'does not begin anew when something was lost',
      plan: () => after({ progressPercent: 50, bytes: { ...status.bytes, peers: 5 } }),
      says: 'False Stalled ProgressDeadlineExceeded',
      since: '2026-11-21T11:59:00Z',
    },
    {
      name: 'begins when the hours of the job begin',
      plan: () => after({ conditions: [condition('Ready', 'OutsideWindow', 'False')] }),
      says: 'False Reconciling Distributing',
      since: '2026-11-21T12:00:00Z',
    },
    {
      name: 'also passes while agents are waited for',
      plan: () => after({}, { nodeDistributions: [], connected: new Set() }),
      says: 'False Stalled ProgressDeadlineExceeded',
      since: '2026-11-21T11:59:00Z',
    },
    {
      name: 'does not count while the job is suspended',
      plan: () =>
        decide({ job: job({ rollout: late, suspend: true }, status), nodeDistributions: [row('n1')] }),
      says: 'False Reconciling Suspended Suspended',
    },
  ])('$name', ({ plan: planned, says, since }) => {
    const one = planned()
    expect(said(one)).toBe(says)
    expect(one.status.lastProgressTime).toBe(since)
  })

  test('a job that is late goes on all the same, and is looked at again', () => {
    const planned = after({ desired: 1 }, { nodes: nodes(2), nodeDistributions: [row('n1', delivered)] })
    const overdue = decide({
      job: job({ rollout: late }, { ...planned.status, lastProgressTime: status.lastProgressTime }),
      nodes: nodes(2),
      nodeDistributions: [row('n1', delivered)],
    })
    expect(said(overdue)).toBe('False Stalled ProgressDeadlineExceeded')
    expect(overdue.create).toHaveLength(1)
    expect(after().requeueAfterMs).toBeGreaterThan(0)
  })
})

test('an Event is told once for each reason', () => {
  const first = decide()
  expect(first.events).toEqual([
    { type: 'Normal', reason: 'Distributing', message: '0 %: 0 of 3 nodes done, 3 active.' },
  ])
  expect(decide({ job: job({}, first.status), nodeDistributions: first.create }).events).toEqual([])
})

describe('the numbers', () => {
  const rows = ['n1', 'n2', 'n3'].map((name) => row(name))
  const live = new Map(
    rows.map((one, index) => [one.metadata.name, progress((index + 1) * 20 * MiB, 4 * MiB)]),
  )

  test('progress, bytes, saving, amplification and estimate follow from the reports', () => {
    const { status } = decide({ nodeDistributions: rows, live })
    expect(status).toMatchObject({
      progressPercent: 40,
      bytes: { origin: 100 * MiB, peers: 120 * MiB, cache: 0, total: 300 * MiB },
      savings: { bytes: 200 * MiB, percent: 66 },
      originAmplification: '1.000',
      estimatedCompletion: '2026-11-21T12:00:20.000Z',
      slowestNodes: [
        { node: 'n1', progressPercent: 20 },
        { node: 'n2', progressPercent: 40 },
        { node: 'n3', progressPercent: 60 },
      ],
    })
  })

  test('at most 20 failed and 5 slow nodes are named', () => {
    const many = nodes(60)
    const nodeDistributions = many.map((one, index) =>
      row(one.metadata.name, index < 30 ? { state: 'Failed', reason: 'RootMissing', message: 'gone' } : {}),
    )
    const { status } = decide({ nodes: many, nodeDistributions })
    expect(status).toMatchObject({ desired: 60, failed: 30, active: 30 })
    expect(status.failedNodes).toHaveLength(20)
    expect(status.slowestNodes).toHaveLength(5)
  })

  test('a report of a finished download does not count before it is written down', () => {
    const first = rows.slice(0, 1)
    const done = new Map(
      first.map((one) => [one.metadata.name, { ...progress(100 * MiB), state: 'Delivered' as const }]),
    )
    const { status } = decide({ nodes: nodes(1), nodeDistributions: first, live: done })
    expect(status).toMatchObject({
      active: 1,
      succeeded: 0,
      slowestNodes: [{ node: 'n1', progressPercent: 99 }],
    })
  })
})
