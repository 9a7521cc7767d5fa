// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import type { StoredArtifact } from '@patchswarm/swarm/store'

type Read = (index: number) => Promise<Uint8Array>

/** The artifact, but what is sent of it is what `read` makes of it: a peer that speaks the protocol and lies. */
function reading(artifact: StoredArtifact, read: (index: number, honest: Read) => Promise<Uint8Array>) {
  const honest: Read = (index) => artifact.readChunk(index)
  return new Proxy(artifact, {
    get(target, key) {
      if (key === 'readChunk') {
        return (index: number) => read(index, honest)
      }
      const value = Reflect.get(target, key, target) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** One bit of every chunk is flipped. */
export const lying = (artifact: StoredArtifact): StoredArtifact =>
  reading(artifact, async (index, honest) => {
    const bytes = Uint8Array.from(await honest(index))
    bytes[bytes.length >>> 1] = (bytes[bytes.length >>> 1] ?? 0) ^ 1
    return bytes
  })

/** These chunks stand where the disk is bad. */
export const unreadable = (artifact: StoredArtifact, chunks: readonly number[]): StoredArtifact =>
  reading(artifact, (index, honest) =>
    chunks.includes(index) ? Promise.reject(new Error('EIO: i/o error, read')) : honest(index),
  )

/** It invites, and then sends nothing. */
export const silent = (artifact: StoredArtifact): StoredArtifact =>
  reading(artifact, () => new Promise<Uint8Array>(() => {}))

/** A link of its own: one chunk every `chunkMs` in all. */
export function slow(artifact: StoredArtifact, chunkMs: number): StoredArtifact {
  let free = performance.now()
  return reading(artifact, async (index, honest) => {
    free = Math.max(free, performance.now()) + chunkMs
    await sleep(free - performance.now())
    return honest(index)
  })
}
