// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { GrowingManifest } from '../manifest/growing-manifest.ts'
import type { SignedPart } from '../manifest/signed-part.ts'
import type { Chunking, Manifest } from '../manifest/types.ts'

/** Where the bytes of a chunk came from; counted by artifact and reported by node. */
export type ChunkSource = 'origin' | 'peers' | 'cache'

/**
 * Cumulative over restarts: kept beside the bitmap. A chunk that stands at several offsets counts once, as it was
 * received once; so the sum may be less than the size of the file.
 */
export interface ArtifactCounters {
  bytesFromOrigin: number
  bytesFromPeers: number
  bytesFromCache: number
  /** Without what is read by bitswap. */
  bytesToPeers: number
  /**
   * Payload read from the origin, all tries together (≥ bytesFromOrigin). Counted by the origin reader; what it added
   * since the last sync is lost when the process is killed, but never falls below bytesFromOrigin.
   */
  originBytesRead: number
  /** Chunks whose bytes were those that the manifest names, held already or not; not those that an ingest takes. */
  chunksVerified: number
  /** Chunks of peers or the cache that were not: what the origin sends in their place is no peer's fault. */
  chunksRefused: number
}

/** Every artifact of this node's cache directory. */
export interface Store {
  /** Opens what is there, or makes the folder for it. Idempotent: the same object for the same swarm ID. */
  open(swarmId: Uint8Array): Promise<StoredArtifact>
  list(): readonly StoredArtifact[]
  /** Closes and deletes the artifact's files. */
  remove(swarmId: Uint8Array): Promise<void>
  /**
   * Opens an artifact anew that is `lost` on disk, trusting nothing of it that is not hashed again. Who has the one before
   * must let it go.
   */
  reopen(swarmId: Uint8Array): Promise<StoredArtifact>
  usage(): Promise<CacheUsage>
  close(): Promise<void>
}

/** What the cache takes, and what is left for it. */
export interface CacheUsage {
  /** Bytes of real disk: the holes of a sparse file cost nothing. */
  readonly usedBytes: number
  /** Free bytes of the file system that the artifacts are on. */
  readonly freeBytes: number
  /** By key of each artifact: its part of `usedBytes`. */
  readonly byArtifact: ReadonlyMap<string, number>
  /** Keys of the artifacts whose file somebody has deleted or replaced since it was opened. */
  readonly lost: readonly string[]
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
  /** What is known of the manifest while the file is still read from its origin; undefined before that and after. */
  readonly growing: GrowingManifest | undefined
  /** Memberships of the seeders that have signed its parts, by peer ID. */
  readonly signers: ReadonlyMap<string, Uint8Array>
  readonly counters: ArtifactCounters
  /** True when every chunk of the manifest is held. */
  readonly complete: boolean
  readonly chunksHeld: number
  readonly bytesHeld: number
  /** Number of chunks, 0 before the manifest is known, or its size while it grows. */
  readonly chunks: number
  /** Path of the data file, for whole-file hashing, reflink and the origin reader. */
  readonly dataPath: string
  /** A small file of the origin reader's own, removed with the artifact. */
  readonly originPath: string
  /** Milliseconds since the epoch: when somebody last had a use for it; kept over restarts. */
  readonly usedAt: number
  /** There is a use for it now. To the minute: it is not written for less. */
  touch(now: number): void

  /**
   * Stores the manifest durably. Of one that grew what is held stays held where the digest is the same.
   * @throws ManifestConflictError when another one is there already
   */
  setManifest(manifest: Manifest): Promise<void>
  /**
   * Makes room for a manifest that grows. Does nothing when that is so already; gives up one of other sizes.
   * @throws ManifestConflictError when there is a manifest, or an ingest
   */
  grow(size: number, chunkSize: number): Promise<void>
  /**
   * Takes a part whose signature and signer were checked.
   * @returns leaves whose digest is known now and was not, and chunks that are held no more as they are other ones now
   * @throws InvalidManifestError, ContradictionError
   */
  addPart(part: SignedPart, membership: Uint8Array): { known: readonly number[]; lost: readonly number[] }
  /** Gives up a manifest that grew, and every chunk of it. */
  discardGrowth(): Promise<void>
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
  /**
   * What is on disk, not hashed again: the receiver verifies, and whoever doubts the disk calls `rehash`.
   * @param into takes the bytes when it has the chunk's length: bulk readers use their buffers again
   * @throws ChunkMissingError when not held
   */
  readChunk(index: number, signal?: AbortSignal, into?: Buffer): Promise<Uint8Array>
  /** Indexes of the chunks with this SHA-256, ascending; empty before the manifest is known. */
  find(digest: Uint8Array): readonly number[]
  /** A chunk that is held and is not what it ought to be: it is held no more, and may come anew. */
  drop(index: number): Promise<void>
  /** Re-hashes all that is held and drops what is wrong. @returns the indexes dropped */
  rehash(signal?: AbortSignal): Promise<number[]>
  /** Data, then bitmap and counters to disk. Called by the store itself at intervals and on close. */
  sync(): Promise<void>
  /** Called with the indexes that became held, and when the whole became complete; returns the unsubscribe. */
  onHeld(listener: (indexes: readonly number[]) => void): () => void
  /**
   * Called with the indexes that were held and are not any more: dropped, found wrong, or of a sync that failed. Not with those
   * that `addPart` returns, nor when all is given up. Returns the unsubscribe.
   */
  onLost(listener: (indexes: readonly number[]) => void): () => void
  /**
   * For a seeder: takes the file from its first byte to its last before there is a manifest. One at a time. Hashes
   * again what an ingest that was closed or killed left here, which takes a second or so a GB.
   * @param size bytes of the whole file where the origin announced it
   * @param chunking a number: chunks of so many bytes
   * @throws ManifestConflictError when there is a manifest already (what it lacks is then written by `writeChunk`)
   */
  beginIngest(size: number | undefined, chunking: number | Chunking, signal?: AbortSignal): Promise<Ingest>
}

/**
 * Streams a file into an artifact, hashing each leaf and the whole. Only whole chunks outlive a crash, and they are
 * hashed again before they count. After an error it must be closed; a new one goes on from `resumeOffset`.
 */
export interface Ingest {
  /** Verified bytes that were here when it began: the first byte that `write` expects. */
  readonly resumeOffset: number
  /** Bytes taken so far, those included. */
  readonly offset: number
  /**
   * Takes the next bytes, in order and of any length; they may be reused once it resolves. A few chunks may still be on their
   * way to the disk then: what becomes of them is said by a later call, and each is held when listeners are told of it.
   * @throws NoSpaceError, IngestSizeError (more than announced)
   */
  write(bytes: Uint8Array): Promise<void>
  /**
   * Checks the whole, then makes manifest, data and bitmap durable: the artifact is complete.
   * @param expectedSha256 hex; when it is another one, all that was read is given up
   * @throws IngestDigestError, IngestSizeError (fewer bytes than announced), NoSpaceError
   */
  finish(expectedSha256: string | undefined): Promise<{ manifest: Manifest; sha256: string }>
  /** Gives up all that was taken: the origin has another file now. Closes it. */
  discard(): Promise<void>
  /** Stops; what was taken is kept for the next ingest. Safe to call twice and after `finish`. */
  close(): Promise<void>
}
