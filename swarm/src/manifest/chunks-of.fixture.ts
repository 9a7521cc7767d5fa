// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { chunkingOf } from './chunking.ts'
import { createCutter } from './cutter.ts'
import type { Chunking } from './types.ts'

/** Where a file is cut: its end is there only when it would be cut there whatever followed. */
export function cutsOf(bytes: Uint8Array, chunking: number | Chunking): number[] {
  const cutter = createCutter(chunkingOf(chunking))
  const cuts: number[] = []
  for (let end: number | undefined = 0; end !== undefined; ) {
    const start = cuts.at(-1) ?? 0
    end = start < bytes.length ? cutter.cut(bytes.subarray(start)) : undefined
    if (end !== undefined) cuts.push(start + end)
  }
  return cuts
}

/** The chunks of a file, an empty one of an empty file. */
export function chunksOf(bytes: Uint8Array, chunking: number | Chunking): Uint8Array[] {
  const ends = new Set([...cutsOf(bytes, chunking), bytes.length])
  return [...ends].map((end, index, all) => bytes.subarray(all[index - 1] ?? 0, end))
}
