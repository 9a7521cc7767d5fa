// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

const window = 15

/** The usual time of a request: the median of the last ones, so that one slow peer does not move it. */
export interface UsualTime {
  /** The last ones, the oldest at `next` when there are as many as fit. */
  readonly samples: number[]
  readonly sorted: number[]
  next: number
  median: number | undefined
}

export const createUsualTime = (): UsualTime => ({ samples: [], sorted: [], next: 0, median: undefined })

export function addSample(usual: UsualTime, ms: number): void {
  const { samples, sorted } = usual
  const old = samples[usual.next]
  if (old !== undefined) {
    sorted.splice(sorted.indexOf(old), 1)
  }
  samples[usual.next] = ms
  usual.next = (usual.next + 1) % window
  let at = sorted.length
  for (; at > 0 && (sorted[at - 1] ?? 0) > ms; at--) {
    sorted[at] = sorted[at - 1] ?? 0
  }
  sorted[at] = ms
  usual.median = sorted[sorted.length >>> 1]
}

/** τ, seen as the gap between two chunks while the link was in use. */
export interface Gap {
  last: number | undefined
  ms: number | undefined
}

export const createGap = (): Gap => ({ last: undefined, ms: undefined })

/** The link is used from now on: the time before says nothing about it. */
export function startGap(gap: Gap, now: number): void {
  gap.last = now
}

/** A chunk is through, and the link was in use since the last one was. */
export function addGap(gap: Gap, now: number): void {
  if (gap.last !== undefined) {
    const sample = now - gap.last
    gap.ms = gap.ms === undefined ? sample : gap.ms + (sample - gap.ms) / 8
  }
  gap.last = now
}
