// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** All chunks of one size, or cut where the content says, so that they are found again in another version of the file. */
export type ChunkStrategy = 'Fixed' | 'ContentDefined'

/** How a file is to be cut into chunks. */
export interface Chunking {
  readonly strategy: ChunkStrategy
  /** Bytes of every chunk but the last; with ContentDefined what they are meant to have on average, a power of two. */
  readonly size: number
}

/** Cuts the bytes of one file into chunks as they come. */
export interface Cutter {
  /** Bytes of the longest chunk. */
  readonly most: number
  /**
   * Takes the next bytes, as far as the chunk reaches that they begin or go on with.
   * @returns how many of them the chunk still takes when it ends here: the others are to be given anew; undefined when it
   *   takes them all and goes on
   */
  cut(bytes: Uint8Array): number | undefined
}

/** How a file is cut into leaves. `leafOffset` and its kin say where each of them stands. */
export interface Layout {
  /** Bytes of the whole file. */
  readonly size: number
  /** Bytes of every leaf but the last; where the content decides, what they are meant to have on average. */
  readonly chunkSize: number
  /** Where each leaf ends, in bytes, when the content decides that; undefined when every leaf has `chunkSize` bytes. */
  readonly ends?: Float64Array | undefined
}

/**
 * What an artifact consists of: the SHA-256 of every leaf, in file order. The inner nodes and the root of the UnixFS DAG
 * follow from these and the layout (balanced, raw leaves, 1024 links a node), so they are computed, not sent.
 */
export interface Manifest extends Layout {
  /** 32 bytes a leaf, one after the other; one leaf for an empty file. */
  readonly digests: Uint8Array
  /** CIDv1 (base32) of the root of the DAG. */
  readonly cid: string
}
