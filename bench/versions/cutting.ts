// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type Chunking, createCutter } from '@patchswarm/swarm/manifest'
import { content } from './content.ts'

/** How fast a stream is cut, and nothing else done with it: megabytes a second on one core. */
export function cuttingSpeed(chunking: Chunking, bytes = 2 ** 27): number {
  const pieces = [...content(bytes, 0)]
  cutAll(chunking, pieces)
  const start = performance.now()
  cutAll(chunking, pieces)
  return bytes / 1e3 / (performance.now() - start)
}

function cutAll(chunking: Chunking, pieces: readonly Buffer[]): void {
  const cutter = createCutter(chunking)
  for (const piece of pieces) {
    for (let rest: Uint8Array = piece; rest.length > 0; )
      rest = rest.subarray(cutter.cut(rest) ?? rest.length)
  }
}
