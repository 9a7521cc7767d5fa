// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type EvictionPlan, evictionPlan } from './eviction.ts'
import type { CacheDisk, CachedArtifact, CacheLimits } from './types.ts'

/** An artifact that is to be fetched, or is being fetched. */
export interface Fetch {
  readonly key: string
  /** Bytes that are not here yet; 0 while the size is not known. */
  readonly missing: number
  /** Bytes that deliveries of it will write beside the cache, on its file system. */
  readonly beside: number
  /** It was told to go on before: it comes before those that begin. */
  readonly begun: boolean
}

/** Why an artifact cannot be fetched now. */
export interface Shortage {
  readonly message: string
  /** Not even an empty cache could take it. */
  readonly final: boolean
}

export interface RoomInput {
  readonly artifacts: readonly CachedArtifact[]
  readonly fetches: readonly Fetch[]
  /** The same of deliveries for which nothing has to be fetched. */
  readonly beside: number
  readonly disk: CacheDisk
  readonly limits: CacheLimits
  readonly now: number
}

export interface RoomPlan extends EvictionPlan {
  /** By key of each fetch that has to stand still; the others may go on. */
  readonly shortages: ReadonlyMap<string, Shortage>
  /** Why this node takes nothing at all, empty when it does. */
  readonly refusal: string
}

/**
 * Decides what may be fetched, one fetch after the other, those that have begun first, and what has to leave the cache
 * for it. The bytes to come of what may be fetched are set aside; a fetch that does not fit takes nothing from the others.
 */
export function planRoom(input: RoomInput): RoomPlan {
  const refusal = refusalOf(input)
  const shortages = new Map<string, Shortage>()
  const asked = new Set<string>()
  let incoming = 0
  let { beside } = input
  let plan = evictionPlan({ ...input, incoming })
  for (const fetch of [...input.fetches].sort(begunFirst)) {
    if (refusal !== '') {
      shortages.set(fetch.key, { message: refusal, final: true })
      continue
    }
    const wanted = { incoming: incoming + fetch.missing, beside: beside + fetch.beside }
    const next = evictionPlan({ ...input, ...wanted })
    if (next.lacking === 0) {
      incoming = wanted.incoming
      beside = wanted.beside
      plan = next
    } else {
      shortages.set(fetch.key, shortageOf(fetch, next.lacking, input))
      for (const key of next.ask) asked.add(key)
    }
  }
  return { ...plan, ask: [...new Set([...plan.ask, ...asked])], shortages, refusal }
}

/** The disk that the cache could have if it were empty and `beside` were written next to it. */
const capacity = ({ disk, limits }: RoomInput, beside = 0): number => {
  const room = disk.usedBytes + disk.freeBytes - limits.minFree - beside
  return Math.max(0, limits.maxSize > 0 ? Math.min(room, limits.maxSize) : room)
}

function refusalOf(input: RoomInput): string {
  const { minSize } = input.limits
  const most = capacity(input)
  if (most >= minSize) return ''
  return `The cache of this node can have ${size(most)} and the profile asks for ${size(minSize)} (cache.minSize): free some space, or give the cache a larger disk`
}

function shortageOf({ key, missing, beside, begun }: Fetch, lacking: number, input: RoomInput): Shortage {
  const { disk, limits, artifacts } = input
  const here = artifacts.find((one) => one.key === key)?.bytes ?? 0
  const most = capacity(input, beside)
  // Where it fitted once, it may fit again.
  const final = !begun && here + missing > most
  const bounds = [
    ...(limits.maxSize > 0
      ? [`${size(disk.usedBytes)} of ${size(limits.maxSize)} (cache.maxSize) taken`]
      : []),
    `${size(disk.freeBytes)} free${limits.minFree > 0 ? `, of which ${size(limits.minFree)} (cache.minFree) stay` : ''}`,
  ]
  // Said only where the disk is what is too small.
  const delivered = most < capacity(input) ? ` beside ${size(beside)} to deliver on the same file system` : ''
  const message = final
    ? `${size(here + missing)} never fit into a cache that can have ${size(most)}${delivered}: ${bounds.join('; ')}`
    : `${size(missing)} to fetch${delivered}, ${size(lacking)} too many for the cache: ${bounds.join('; ')}; what is left is needed here or is among the last copies`
  return { message, final }
}

const begunFirst = (a: Fetch, b: Fetch): number =>
  Number(b.begun) - Number(a.begun) || (a.key < b.key ? -1 : 1)

/** Binary units as in the spec, and never rounded to nothing. */
function size(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const
  const exponent = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** exponent
  return `${exponent === 0 ? Math.round(value) : Number(value.toFixed(1))} ${units[exponent]}`
}
