// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/**
 * What an artifact consists of: the SHA-256 of every leaf, in file order. The inner nodes and the root of the UnixFS
 * DAG follow from these and the two sizes (balanced layout, raw leaves, 1024 links a node), so they are computed, not sent.
 */
export interface Manifest {
  /** Bytes of the whole file. */
  readonly size: number
  /** Bytes of every leaf but the last. */
  readonly chunkSize: number
  /** 32 bytes a leaf, one after the other; length = 32 × ceil(size / chunkSize), one leaf for an empty file. */
  readonly digests: Uint8Array
  /** CIDv1 (base32) of the root of the DAG. */
  readonly cid: string
}
