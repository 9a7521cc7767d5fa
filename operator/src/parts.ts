// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Client, EventRecorder } from '@patchswarm/kube'
import type { TrackerServer } from '@patchswarm/swarm/tracker'
import type { Caches } from './caches.ts'
import type { OriginSecrets } from './origin-secrets/origin-secrets.ts'
import type { Settings } from './p2p-profile/settings.ts'
import type { Readers } from './tracker/readers/readers.ts'
import type { Roster } from './tracker/roster.ts'

/** What every reconciler works with. */
export interface Parts {
  readonly client: Client
  readonly caches: Caches
  readonly tracker: TrackerServer
  readonly roster: Roster
  readonly secrets: OriginSecrets
  /** Who reads what, where agents do. */
  readonly readers: Readers
  readonly events: EventRecorder
  readonly settings: Settings
  /** The term as leader for which these parts work: whatever they start ends with it. */
  readonly term: AbortSignal
  /** Milliseconds since the epoch. */
  readonly now: () => number
}
