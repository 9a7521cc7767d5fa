// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PatchArtifact } from '@patchswarm/api'
import type { ArtifactReport, TrackerClientView } from '@patchswarm/swarm/tracker'
import { namespaceView } from '../namespaces.ts'
import type { Parts } from '../parts.ts'
import { swarmKey, swarmOf } from '../swarm.ts'
import { isWhole } from '../tracker/roster.ts'
import type { OriginLedger } from './origin-ledger.ts'
import type { Observed } from './plan.ts'

/** One read of the caches and the tracker for one decision about the artifact. */
export function gather(parts: Parts, ledger: OriginLedger, artifact: PatchArtifact): Observed {
  const { caches, roster, settings, now } = parts
  const { profile } = artifact.spec
  const { key } = swarmOf(artifact)
  const seeders = roster
    .clients(profile, 'seeder')
    .map((client) => ({ peerId: client.peerId, report: reportOf(client, key) }))
  const agents = roster
    .clients(profile, 'agent')
    .map((client) => ({ peerId: client.peerId, report: reportOf(client, key) }))
  return {
    artifact,
    profile: caches.profiles.get(profile),
    namespace: namespaceView(caches.namespaces, artifact.metadata.namespace),
    operatorNamespace: settings.namespace,
    seeders,
    agents,
    holders: agents.filter(({ report }) => report !== undefined && isWhole(report)).length,
    bytesRead: ledger.total(
      artifact.metadata.uid ?? '',
      artifact.status?.origin?.bytesRead ?? 0,
      [...seeders, ...agents].map(({ peerId, report }) => ({
        peerId,
        bytesRead: report?.originBytesRead ?? 0,
      })),
    ),
    secrets: parts.secrets.lookup,
    now: new Date(now()),
  }
}

const reportOf = ({ report }: TrackerClientView, key: string): ArtifactReport | undefined =>
  report?.artifacts.find((one) => swarmKey(one.swarmId) === key)
