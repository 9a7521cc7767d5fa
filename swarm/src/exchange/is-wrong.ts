// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { StoredArtifact } from '../store/index.ts'
import { isChunk } from '../store/verify.ts'

/** Whether a chunk that is held is another one on disk than its manifest says, or cannot be read. */
export async function isWrong(artifact: StoredArtifact, chunk: number): Promise<boolean> {
  const outline = artifact.manifest ?? artifact.growing
  if (outline === undefined) return false
  try {
    const bytes = await artifact.readChunk(chunk)
    return !isChunk(outline, chunk, bytes)
  } catch {
    return true
  }
}
