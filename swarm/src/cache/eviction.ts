// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { CacheDisk, CachedArtifact, CacheLimits, EvictionReason } from './types.ts'

/** A part that nobody wants may help the next try of the same job, but not for long. */
const PART_KEPT_MS = 3_600_000

export interface EvictionInput {
  readonly artifacts: readonly CachedArtifact[]
  readonly disk: CacheDisk
  readonly limits: CacheLimits
  /** Bytes that are still to come for what is needed here. */
  readonly incoming: number
  /** Bytes that are still to be written beside the cache on its file system. */
  readonly beside: number
  /** Milliseconds since the epoch. */
  readonly now: number
}

export interface EvictionPlan {
  /** What goes now, in this order. */
  readonly remove: readonly { readonly key: string; readonly reason: EvictionReason }[]
  /** Whole copies that should go too, if the tracker can leave them to other nodes. */
  readonly ask: readonly string[]
  /** Bytes that are wanting when all of `remove` is gone. */
  readonly lacking: number
}

/**
 * Decides which copies leave the cache: those that nobody has used for the retention time, and, oldest use first, as
 * many more as the limits need for what is still to come. Never one that is needed here, never a whole one that is not
 * spare; parts that nobody wants before whole copies.
 */
export function evictionPlan(input: EvictionInput): EvictionPlan {
  const { artifacts, now } = input
  const remove: { key: string; reason: EvictionReason }[] = []
  const ask: string[] = []
  const short = shortage(input)
  const take = ({ key, bytes }: CachedArtifact, reason: EvictionReason): void => {
    remove.push({ key, reason })
    short.release(bytes)
  }
  const kept: CachedArtifact[] = []
  for (const one of artifacts.filter(({ needed }) => !needed).sort((a, b) => byUse(a, b, now))) {
    const reason = outlived(one, input)
    if (reason === undefined) kept.push(one)
    else if (mayGo(one)) take(one, reason)
    else ask.push(one.key)
  }
  for (const one of kept.filter(mayGo)) {
    const reason = short.reason()
    if (reason) take(one, reason)
  }
  const lacking = short.bytes()
  for (const one of artifacts) if (ask.includes(one.key)) short.release(one.bytes)
  for (const one of kept.filter((other) => !mayGo(other))) {
    if (short.bytes() === 0) break
    ask.push(one.key)
    short.release(one.bytes)
  }
  return { remove, ask, lacking }
}

const mayGo = ({ complete, spare }: CachedArtifact): boolean => !complete || spare

/** Why it goes whatever room there is. */
function outlived(one: CachedArtifact, { limits, now }: EvictionInput): EvictionReason | undefined {
  const idleMs = now - usedAt(one, now)
  if (!one.complete && (one.stuck || idleMs >= PART_KEPT_MS)) return 'Abandoned'
  return limits.retentionMs > 0 && idleMs >= limits.retentionMs ? 'Retention' : undefined
}

/** What is wanting for each of the two limits while copies go one by one. */
function shortage({ disk, limits, incoming, beside }: EvictionInput) {
  let size = limits.maxSize > 0 ? disk.usedBytes + incoming - limits.maxSize : 0
  let free = limits.minFree + incoming + beside - disk.freeBytes
  return {
    release(bytes: number): void {
      size -= bytes
      free -= bytes
    },
    reason: (): EvictionReason | undefined => (size > 0 ? 'Size' : free > 0 ? 'FreeSpace' : undefined),
    bytes: (): number => Math.max(0, size, free),
  }
}

/** Parts first, then by last use. The key makes the order the same everywhere. */
function byUse(a: CachedArtifact, b: CachedArtifact, now: number): number {
  if (a.complete !== b.complete) return a.complete ? 1 : -1
  return usedAt(a, now) - usedAt(b, now) || (a.key < b.key ? -1 : 1)
}

/** A clock that was set back makes nothing younger than now. */
const usedAt = ({ lastUsedAt }: CachedArtifact, now: number): number => Math.min(lastUsedAt, now)
