// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { leafDigest } from '../manifest/index.ts'
import { createPolicy, type PolicyInit, type PolicyState } from '../policy/index.ts'
import type { StoredArtifact } from '../store/index.ts'

/** The policy as it begins with what the store holds. */
export const firstPolicy = (
  artifact: StoredArtifact,
  rest: Pick<PolicyInit, 'dealer' | 'now'> & { readonly copying: readonly number[] },
): PolicyState =>
  createPolicy({
    chunks: artifact.chunks,
    bitmap: artifact.bitmap(),
    copies: copiesIn(artifact),
    unborn: unbornIn(artifact),
    ...rest,
  })

/** Chunks of a manifest that grows which are neither held nor known. */
function unbornIn(artifact: StoredArtifact): number[] {
  const { growing, chunks } = artifact
  if (growing === undefined) {
    return []
  }
  const isBorn = (chunk: number) =>
    growing.ownGeneration === undefined ? growing.isKnown(chunk) : artifact.has(chunk)
  return [...Array(chunks).keys()].filter((chunk) => !isBorn(chunk))
}

/** Chunks with the same bytes as one before them, as in a file of zeros. */
function copiesIn(artifact: StoredArtifact): number[] {
  const { manifest } = artifact
  return manifest === undefined
    ? []
    : [...Array(artifact.chunks).keys()].filter((i) => artifact.find(leafDigest(manifest, i))[0] !== i)
}
