// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** What the profile asks of a node's cache, in bytes and milliseconds. */
export interface CacheLimits {
  /** A node that cannot give so much takes no artifacts; 0: any node will do. */
  readonly minSize: number
  /** Most disk that the cache takes; 0: as much as there is. */
  readonly maxSize: number
  /** Left free on the file system that the cache is on. */
  readonly minFree: number
  /** How long a copy that nobody uses is kept; 0: for ever. */
  readonly retentionMs: number
}

/** One artifact of the cache when it is decided what goes. */
export interface CachedArtifact {
  readonly key: string
  /** Real disk that goes free with it. */
  readonly bytes: number
  readonly complete: boolean
  /** Milliseconds since the epoch: last delivered, fetched or served. */
  readonly lastUsedAt: number
  /** An unfinished delivery of this node wants it. */
  readonly needed: boolean
  /** The tracker has said, and still says, that enough others have the whole. */
  readonly spare: boolean
  /** The disk was too full for it: what there is of it helps nobody. */
  readonly stuck: boolean
}

/** What the disk says. */
export interface CacheDisk {
  /** Real disk that the cache takes. */
  readonly usedBytes: number
  /** Free bytes of its file system. */
  readonly freeBytes: number
}

/** Why a copy goes, as the log and the metrics say it. */
export type EvictionReason = 'Retention' | 'Size' | 'FreeSpace' | 'Abandoned'
