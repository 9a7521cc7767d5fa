// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { isDeepStrictEqual } from 'node:util'
import type { StoredArtifact } from '@patchswarm/swarm/store'
import type { Artifact } from '@patchswarm/swarm/tracker'
import type { Failure } from '../failure.ts'

/** What the tracker has against it, unless the whole is here and proven. */
export function refusalOf(
  { failure: reason, failureMessage: message }: Artifact,
  stored: Pick<StoredArtifact, 'complete'> | undefined,
): Failure | undefined {
  return reason === '' || stored?.complete ? undefined : { reason, message }
}

/** Chunks are asked of peers. A seeder asks for those that it has lost of what it had read: the origin is read once. */
export function isFetched(
  role: 'agent' | 'seeder',
  wish: Artifact,
  stored: Pick<StoredArtifact, 'complete' | 'manifest'>,
): boolean {
  if (stored.complete || !wish.wanted || refusalOf(wish, stored)) return false
  return role === 'agent' || wish.collects || (stored.manifest !== undefined && wish.cid !== '')
}

/** What failed with one says something of the other. */
export const sameOrigin = ({ origin: a }: Artifact, { origin: b }: Artifact): boolean =>
  isDeepStrictEqual(a?.sources, b?.sources) &&
  a?.spec === b?.spec &&
  a?.afterStallMs === b?.afterStallMs &&
  a?.forSite === b?.forSite
