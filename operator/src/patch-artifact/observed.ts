// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { P2PProfile, PatchArtifact } from '@patchswarm/api'
import type { ArtifactReport } from '@patchswarm/swarm/tracker'
import type { NamespaceView } from '../admission.ts'
import type { SecretLookup } from '../origin-secrets/credentials.ts'
import type { OriginTotals } from './origin-ledger.ts'

/** A seeder that is connected; `report` is what it says about this artifact, undefined while it has not spoken of it. */
export interface SeederView {
  readonly peerId: string
  readonly report: ArtifactReport | undefined
}

/** All that one decision about an artifact rests on. */
export interface Observed {
  artifact: PatchArtifact
  profile: P2PProfile | undefined
  namespace: NamespaceView | undefined
  operatorNamespace: string
  seeders: readonly SeederView[]
  /** Agents that are connected. */
  agents: readonly SeederView[]
  /** Agents that hold the whole artifact. */
  holders: number
  /** Payload read from the origin by all seeders and agents there have been. */
  bytesRead: OriginTotals
  secrets: SecretLookup
  now: Date
}
