// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { CacheFileError, type Grown } from '@patchswarm/swarm/delivery'
import type { StoredArtifact } from '@patchswarm/swarm/store'

type Growing = Pick<StoredArtifact, 'chunks' | 'has' | 'chunkLength' | 'onHeld'>

/**
 * Bytes from the beginning of an artifact without a gap, for whoever reads it while it is fetched.
 * @throws CacheFileError when what was fetched is given up; the signal's reason
 */
export function heldPrefix(artifact: Growing, size: number, signal: AbortSignal): Grown {
  let next = 0
  let end = 0
  const advance = () => {
    if (next > artifact.chunks) throw new CacheFileError('What was fetched of the file was given up')
    for (; next < artifact.chunks && artifact.has(next); next += 1) end += artifact.chunkLength(next)
  }
  return async (offset) => {
    for (;;) {
      advance()
      if (next > 0 && next === artifact.chunks) return size
      if (end > offset) return end
      await heldMore(artifact, signal)
    }
  }
}

async function heldMore(artifact: Growing, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  const unsubscribe = artifact.onHeld(() => resolve())
  try {
    await promise
  } finally {
    unsubscribe()
    signal.removeEventListener('abort', onAbort)
  }
}
