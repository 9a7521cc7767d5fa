// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Manifest } from '../manifest/types.ts'

/** Where the bytes of a chunk came from; counted by artifact and reported by node. */
export type ChunkSource = 'origin' | 'peers' | 'cache'

/** Cumulative over restarts: kept beside the bitmap. */
export interface ArtifactCounters {
  bytesFromOrigin: number
  bytesFromPeers: number
  bytesFromCache: number
  bytesToPeers: number
  /** Payload read from the origin, all tries together (≥ bytesFromOrigin). */
  originBytesRead: number
  chunksRefused: number
}

/** Every artifact of this node's cache directory. */
export interface Store {
  /** Opens what is there, or makes the folder for it. Idempotent: the same object for the same swarm ID. */
  open(swarmId: Uint8Array): Promise<StoredArtifact>
  list(): readonly StoredArtifact[]
  /** Closes and deletes the artifact's files. */
  remove(swarmId: Uint8Array): Promise<void>
  /** Bytes of real disk that the cache takes, and free bytes of its file system. */
  usage(): Promise<{ usedBytes: number; freeBytes: number }>
  close(): Promise<void>
}

/**
 * One artifact on disk: a file whose chunks are written in place, a bitmap of the chunks that are verified *and* synced,
 * the manifest and the counters beside it.
 */
export interface StoredArtifact {
  readonly swarmId: Uint8Array
  /** swarmId in hex: the name of the folder. */
  readonly key: string
  /** Unknown until the manifest has come (an agent) or the origin was read (a seeder). */
  readonly manifest: Manifest | undefined
  readonly counters: ArtifactCounters
  /** True when every chunk of the manifest is held. */
  readonly complete: boolean
  readonly chunksHeld: number
  readonly bytesHeld: number
  /** Number of chunks, 0 before the manifest is known. */
  readonly chunks: number
  /** Path of the data file, for whole-file hashing, reflink and the origin reader. */
  readonly dataPath: string

  /** Stores the manifest durably. Throws when another one is there already. */
  setManifest(manifest: Manifest): Promise<void>
  has(index: number): boolean
  /** A copy of the bitmap: bit i (least significant bit first in each byte) is chunk i. */
  bitmap(): Uint8Array
  chunkLength(index: number): number
  /**
   * Verifies the bytes against the manifest, writes them at every offset that has the same digest and marks those held.
   * Resolves once written (the bit in memory is set; the bitmap on disk follows after an fdatasync).
   * @returns the indexes that became held by it (empty when it was held already)
   * @throws ChunkMismatchError when the hash is another one; NoSpaceError on ENOSPC
   */
  writeChunk(index: number, bytes: Uint8Array, source: ChunkSource): Promise<number[]>
  /** @throws ChunkMissingError when not held */
  readChunk(index: number, signal?: AbortSignal): Promise<Uint8Array>
  /** Re-hashes all that is held and drops what is wrong. @returns the indexes dropped */
  rehash(signal?: AbortSignal): Promise<number[]>
  /** Data, then bitmap and counters to disk. Called by the store itself at intervals and on close. */
  sync(): Promise<void>
  /** Called with the indexes that became held; returns the unsubscribe. */
  onHeld(listener: (indexes: readonly number[]) => void): () => void
}
