// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { leafLength } from '../manifest/layout.ts'
import type { Layout } from '../manifest/types.ts'
import type { Bitmap } from './bitmap.ts'

/** Bytes of the chunks that are held; without a look at each where all but the last are of one size. */
export function heldBytes(layout: Layout, held: Bitmap): number {
  const { chunkSize, ends } = layout
  if (ends !== undefined) return held.count === held.size ? layout.size : sumOf(layout, held)
  const last = held.size - 1
  const missingOfLast = chunkSize - leafLength(layout, last)
  return held.count * chunkSize - (held.has(last) ? missingOfLast : 0)
}

function sumOf(layout: Layout, indexes: Iterable<number>): number {
  let bytes = 0
  for (const index of indexes) bytes += leafLength(layout, index)
  return bytes
}
