// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'

/** How many bytes had gone by then; milliseconds of `performance.now()`. */
export interface Sample {
  readonly at: number
  readonly bytes: number
}

/** Reads a counter again and again until told to stop. */
export function sample(read: () => Promise<number>, everyMs = 100): { stop(): Promise<Sample[]> } {
  const samples: Sample[] = []
  let going = true
  const run = async () => {
    while (going) {
      samples.push({ at: performance.now(), bytes: await read() })
      await sleep(everyMs)
    }
    return samples
  }
  const done = run()
  return {
    stop() {
      going = false
      return done
    },
  }
}

/** Bytes a second over [from, to], as far as there are samples. */
export function rateOver(samples: readonly Sample[], from: number, to: number): number {
  const inside = samples.filter(({ at }) => at >= from && at <= to)
  const [first] = inside
  const last = inside.at(-1)
  if (first === undefined || last === undefined || last.at === first.at) return Number.NaN
  return ((last.bytes - first.bytes) * 1000) / (last.at - first.at)
}

/** The greatest share by which any stretch of `ms` differs from the rate. */
export function worstShare(samples: readonly Sample[], ms: number, rate: number): number {
  const end = samples.at(-1)?.at ?? 0
  const shares = samples
    .filter(({ at }) => at + ms <= end)
    .map(({ at }) => Math.abs(rateOver(samples, at, at + ms) / rate - 1))
  return Math.max(...shares, shares.length === 0 ? Number.NaN : 0)
}

/** Milliseconds from `from` until a second begins whose rate is no further than `share` from the one asked for. */
export function settledAfter(samples: readonly Sample[], from: number, rate: number, share: number): number {
  const end = samples.at(-1)?.at ?? 0
  const found = samples.find(
    ({ at }) =>
      at >= from && at + 1000 <= end && Math.abs(rateOver(samples, at, at + 1000) / rate - 1) <= share,
  )
  return found === undefined ? Number.POSITIVE_INFINITY : found.at - from
}
