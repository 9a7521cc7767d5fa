// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PatchArtifact } from '@patchswarm/api'
import { firstUseSwarmId, swarmId, swarmKey } from '@patchswarm/swarm/manifest'

/** The swarm that an artifact belongs to, as bytes and as a key for maps. Two artifacts with the same bytes share one. */
export interface Swarm {
  readonly id: Uint8Array
  readonly key: string
}

const known = new WeakMap<PatchArtifact['spec'], Swarm>()

export function swarmOf(artifact: PatchArtifact): Swarm {
  const { spec, metadata } = artifact
  const before = known.get(spec)
  if (before) return before
  const { size, strategy } = spec.chunking ?? {}
  const id = spec.digest
    ? swarmId(spec.digest, size, strategy)
    : firstUseSwarmId(metadata.uid ?? '', size, strategy)
  const swarm = { id, key: swarmKey(id) }
  known.set(spec, swarm)
  return swarm
}

export const nameOf = ({ metadata: { namespace, name } }: PatchArtifact): string => `${namespace}/${name}`
