// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { chunkCount, chunkLength } from './chunking.ts'
import type { Layout } from './types.ts'

/** Number of leaves: an empty file has one, empty leaf. */
export function leafCount({ size, chunkSize, ends }: Layout): number {
  return ends?.length ?? chunkCount(size, chunkSize)
}

/** Where leaf `index` begins in the file, in bytes. */
export function leafOffset({ chunkSize, ends }: Layout, index: number): number {
  return ends === undefined ? index * chunkSize : (ends[index - 1] ?? 0)
}

/** Bytes of leaf `index`. */
export function leafLength(layout: Layout, index: number): number {
  const { size, chunkSize, ends } = layout
  if (ends === undefined) return chunkLength(size, chunkSize, index)
  return (ends[index] ?? 0) - leafOffset(layout, index)
}

/** Bytes of the longest leaf: what a buffer must have that is used for one after the other. */
export function longestLeaf(layout: Layout): number {
  const { size, chunkSize, ends } = layout
  if (ends === undefined) return Math.min(size, chunkSize)
  return ends.reduce((longest, _, index) => Math.max(longest, leafLength(layout, index)), 0)
}
