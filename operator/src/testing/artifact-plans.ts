// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { findCondition } from '@patchswarm/api'
import type { ArtifactReport } from '@patchswarm/swarm/tracker'
import type { Observed } from '../patch-artifact/observed.ts'
import { plan } from '../patch-artifact/plan.ts'
import { artifact, digest, homeNamespace, MiB, now, operatorNamespace, profile } from './objects.ts'
import { artifactReport } from './reports.ts'

export const complete = (over: Partial<ArtifactReport> = {}) =>
  artifactReport({
    state: 'Complete',
    size: 100 * MiB,
    chunkSize: 262_144,
    chunksTotal: 400,
    chunksHeld: 400,
    bytesHeld: 100 * MiB,
    cid: 'bafy',
    sha256: digest.slice(7),
    originBytesRead: 100 * MiB,
    ...over,
  })

export const read = (
  total: number,
  sites: Record<string, number> = {},
  readers: Record<string, number> = {},
) => ({
  total,
  sites: new Map(Object.entries(sites)),
  readers: new Map(Object.entries(readers)),
})

const observed = (over: Partial<Observed> = {}): Observed => ({
  artifact: artifact(),
  profile: profile(),
  namespace: homeNamespace,
  operatorNamespace,
  seeders: [],
  agents: [],
  holders: 0,
  bytesRead: read(0),
  secrets: () => undefined,
  now,
  ...over,
})

export const decide = (over: Partial<Observed> = {}) => {
  const planned = plan(observed(over))
  if (!planned) throw new Error('no plan')
  const ready = findCondition(planned.status.conditions, 'Ready')
  const stalled = findCondition(planned.status.conditions, 'Stalled')
  return {
    ...planned,
    said: `${ready?.status}${stalled ? ' Stalled' : ''} ${ready?.reason}`,
    message: ready?.message,
  }
}

export const says = (report: ArtifactReport | undefined) => [{ peerId: 'seeder', report }]
