// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createContentCutter } from './fast-cdc.ts'
import type { Chunking, Cutter } from './types.ts'

/** Cuts a stream into chunks, in one way or the other. @throws RangeError when it cannot cut chunks of that size */
export function createCutter({ strategy, size }: Chunking): Cutter {
  return strategy === 'Fixed' ? createFixedCutter(size) : createContentCutter(size)
}

function createFixedCutter(size: number): Cutter {
  let lacking = size
  return {
    most: size,
    cut(bytes) {
      if (bytes.length < lacking) {
        lacking -= bytes.length
        return undefined
      }
      const end = lacking
      lacking = size
      return end
    },
  }
}
