// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { decide, delivered, failed, observed, said } from '../testing/job-plans.ts'
import {
  artifact,
  condition,
  job,
  nodes,
  now,
  profile,
  readyArtifact,
  rollout,
  row,
} from '../testing/objects.ts'
import type { Observed } from './observed.ts'
import { plan } from './plan.ts'

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

test.for<{ name: string; given: Partial<Observed>; says: string; creates?: number; writes?: number }>([
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
    writes: 1,
  },
  {
    name: 'skips nodes that are gone',
    given: {
      nodes: nodes(2),
      nodeDistributions: [row('n1', { state: 'Delivered' }), row('n2', { state: 'Delivered' }), row('n3')],
    },
    says: 'True Complete Completed',
    writes: 1,
  },
  {
    name: 'lets running nodes go on when the artifact is not ready any more, and starts none',
    given: { artifacts: [ingestingArtifact()], nodeDistributions: [row('n1')] },
    says: 'False Reconciling Distributing',
  },
])('$name', ({ given, says, creates = 0, writes = 0 }) => {
  const planned = decide(given)
  expect(said(planned)).toBe(says)
  expect(planned.create).toHaveLength(creates)
  expect(planned.rows).toHaveLength(writes)
})

test('a job that is being deleted is left alone', () => {
  const going = job()
  going.metadata.deletionTimestamp = now.toISOString()
  expect(plan(observed({ job: going }))).toBeUndefined()
})

test('an Event is told once for each reason', () => {
  const first = decide()
  expect(first.events).toEqual([
    { type: 'Normal', reason: 'Distributing', message: '0 %: 0 of 3 nodes done, 3 active.' },
  ])
  expect(decide({ job: job({}, first.status), nodeDistributions: first.create }).events).toEqual([])
})
