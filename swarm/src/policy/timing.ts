// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

const window = 15

/** The usual time of a request: the median of the last ones, so that one slow peer does not move it. */
export interface UsualTime {
  readonly samples: number[]
  next: number
  median: number | undefined
}

export const createUsualTime = (): UsualTime => ({ samples: [], next: 0, median: undefined })

export function addSample(usual: UsualTime, ms: number): void {
  usual.samples[usual.next] = ms
  usual.next = (usual.next + 1) % window
  const sorted = usual.samples.toSorted((a, b) => a - b)
  usual.median = sorted[sorted.length >>> 1]
}

/** τ, seen as the gap between two chunks while the link was in use. */
export interface Gap {
  last: number | undefined
  ms: number | undefined
}

export const createGap = (): Gap => ({ last: undefined, ms: undefined })

/** @param busy whether another chunk was under way since the last one: otherwise the gap says nothing about the link */
export function addGap(gap: Gap, now: number, busy: boolean): void {
  if (gap.last !== undefined && busy) {
    const sample = now - gap.last
    gap.ms = gap.ms === undefined ? sample : gap.ms + (sample - gap.ms) / 8
  }
  gap.last = now
}
