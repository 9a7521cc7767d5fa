// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PatchArtifact } from '@patchswarm/api'

/** Bytes of the file; 0 where nobody knows. */
export const knownSize = (artifact: PatchArtifact): number => artifact.spec.size || sizeRead(artifact) || 0

/** As its sources state it. What other sources stated before these says nothing, unless they sent the file of the digest. */
export function sizeRead({ metadata: { generation }, status = {} }: PatchArtifact): number | undefined {
  const { cid, size, observedGeneration = generation } = status
  return cid !== undefined || observedGeneration === generation ? size : undefined
}
