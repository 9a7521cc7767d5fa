// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { findCondition, isConditionTrue } from '@patchswarm/api'
import type { Observed } from '../distribution-job/observed.ts'
import { type Plan, plan } from '../distribution-job/plan.ts'
import type { NodeProgress } from '../node-progress.ts'
import {
  condition,
  homeNamespace,
  job,
  MiB,
  nodes,
  now,
  operatorNamespace,
  profile,
  readyArtifact,
} from './objects.ts'

/** A job for three nodes whose agents are connected, and an artifact that is ready. */
export const observed = (over: Partial<Observed> = {}): Observed => ({
  job: job(),
  artifacts: [readyArtifact()],
  profile: profile(),
  rivals: [],
  namespace: homeNamespace,
  operatorNamespace,
  nodes: nodes(3),
  nodeDistributions: [],
  connected: new Set(['n1', 'n2', 'n3']),
  awaySince: new Map(),
  tooOld: new Map(),
  agentsRoll: new Set(),
  live: new Map(),
  claims: new Map(),
  replacers: new Map(),
  changed: new Set(),
  idleMs: new Map(),
  reportIntervalMs: 2000,
  now,
  ...over,
})

export const decide = (over: Partial<Observed> = {}): Plan => {
  const planned = plan(observed(over))
  if (!planned) throw new Error('no plan')
  return planned
}

/** "False Stalled DirectoryNotAllowed": what kstatus and people see. */
export const said = ({ status }: Plan): string => {
  const ready = findCondition(status.conditions, 'Ready')
  const others = ['Reconciling', 'Stalled', 'Complete', 'Failed', 'Suspended']
  const true_ = others.filter((type) => isConditionTrue(status.conditions, type))
  return [ready?.status, ...true_, ready?.reason].join(' ')
}

export const progress = (bytesDone: number, rate = 0): NodeProgress => ({
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

const ended = (type: string) => [{ ...condition(type, 'Ended'), lastTransitionTime: now.toISOString() }]

export const delivered = {
  state: 'Delivered',
  completionTime: now.toISOString(),
  conditions: ended('Ready'),
} as const
export const failed = {
  state: 'Failed',
  reason: 'TargetNotWritable',
  message: '/opt/patches is read-only.',
  completionTime: now.toISOString(),
  conditions: ended('Stalled'),
} as const
