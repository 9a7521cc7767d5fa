// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { JoinedSwarm } from '@patchswarm/swarm/exchange'
import type { SourceHealth } from '@patchswarm/swarm/origin'
import type { StoredArtifact } from '@patchswarm/swarm/store'
import type { Artifact } from '@patchswarm/swarm/tracker'
import { keyOf } from '../artifact-key.ts'
import type { Ingestion } from './ingestion.ts'
import type { OriginFallback } from './origin-fallback.ts'
import type { OriginReader } from './origin-reader.ts'

/** What of a node may read origins: which of them there are says its role. */
export interface OriginReaders {
  /** Only a seeder reads the whole from the origin. */
  readonly ingestion?: Ingestion
  /** Only an agent reads what no peer has. */
  readonly fallback?: OriginFallback
  /** Only an agent reads ranges, where it was elected to. */
  readonly reader?: OriginReader
}

/** An artifact that this node may be fetching from peers. */
export interface Fetching {
  readonly wish: Artifact
  readonly stored: StoredArtifact
  readonly swarm: { readonly joined: JoinedSwarm | undefined; readonly usefulPeers: number }
  /** It may be said now what its site has. */
  readonly onLooked: () => void
}

/** Meanwhile an agent reads what it was elected for, and what no peer has. */
export async function readMeanwhile(
  { fallback, reader }: OriginReaders,
  { wish, stored, swarm, onLooked }: Fetching,
): Promise<void> {
  const { wanted, suspended, origin } = wish
  const fetches = wanted && !suspended && swarm.joined !== undefined && !stored.complete
  if (fetches && origin?.reads) reader?.start({ wish, stored, joined: () => swarm.joined, onLooked })
  else await reader?.stop(stored.key)
  if (fetches) fallback?.watch({ wish, stored, usefulPeers: () => swarm.usefulPeers })
  else await fallback?.stop(stored.key)
}

/** Nobody here reads it any more; what was granted and read stays for the next time. */
export async function stopReading(
  { ingestion, fallback, reader }: OriginReaders,
  wish: Artifact,
): Promise<void> {
  await ingestion?.stop(wish)
  await fallback?.stop(keyOf(wish))
  await reader?.stop(keyOf(wish))
}

/** Stops, and nothing of it is kept: the artifact is gone. */
export async function forgetOrigin(
  { ingestion, fallback, reader }: OriginReaders,
  wish: Artifact,
): Promise<void> {
  await ingestion?.forget(wish)
  await fallback?.forget(keyOf(wish))
  await reader?.forget(keyOf(wish))
}

/** What is known of each source that was tried. */
export function sourcesTried({ ingestion, fallback, reader }: OriginReaders, wish: Artifact): SourceHealth[] {
  const key = keyOf(wish)
  return [
    ...(ingestion?.health(wish) ?? []),
    ...(fallback?.health(key) ?? []),
    ...(reader?.health(key) ?? []),
  ]
}
