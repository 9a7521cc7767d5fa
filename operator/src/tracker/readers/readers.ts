// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type Candidate, electReaders } from './election.ts'
import { type Asked, RangeLedger } from './ledger.ts'
import type { Span } from './spans.ts'

/** Who was too slow is not asked for so long, if there are others. */
const SLOW_MS = 60_000

/** Who reads which artifact, and what of it, where agents do. By profile, swarm and site; gone with the leader. */
export interface Readers {
  /** Elects anew where that is called for. @returns peer IDs */
  elect(key: string, candidates: readonly Candidate[], most?: number): readonly string[]
  /** Nobody reads these: all but the ones named. */
  retain(keys: ReadonlySet<string>): void
  isReader(key: string, peerId: string): boolean
  /** What this reader may read next, and how much there is in all. */
  next(key: string, asked: Omit<Asked, 'isReader' | 'now'>): { span: Span | undefined; left: number }
  give(key: string, peerId: string, span: Span): void
  /** Called when others are to be elected. */
  onChange(listener: () => void): () => void
}

/** @param site that is read for; undefined where agents read for all */
export const readersKey = (profile: string, swarmKey: string, site?: string): string =>
  site === undefined ? `${profile}/${swarmKey}` : `${profile}/${swarmKey}/${site}`

/** @param isConnected whose ranges are free once it has gone  @param now milliseconds */
export function createReaders(isConnected: (peerId: string) => boolean, now: () => number): Readers {
  const elected = new Map<string, ReadonlySet<string>>()
  const ledgers = new Map<string, RangeLedger>()
  const slow = new Map<string, number>()
  const listeners = new Set<() => void>()
  const isSlow = (key: string, peerId: string): boolean => (slow.get(`${key}/${peerId}`) ?? 0) > now()
  const isReader = (key: string, peerId: string): boolean => elected.get(key)?.has(peerId) ?? false
  const ledgerOf = (key: string): RangeLedger => {
    const ledger = ledgers.get(key) ?? new RangeLedger()
    ledgers.set(key, ledger)
    return ledger
  }
  return {
    elect(key, candidates, most) {
      const quick = candidates.filter(({ peerId }) => !isSlow(key, peerId))
      const readers = electReaders(
        key,
        quick.length > 0 ? quick : candidates,
        elected.get(key) ?? new Set(),
        most,
      )
      elected.set(key, new Set(readers))
      return readers
    },
    retain(keys) {
      for (const map of [elected, ledgers]) {
        for (const key of map.keys()) if (!keys.has(key)) map.delete(key)
      }
    },
    isReader,
    next(key, asked) {
      const at = now()
      const stays = (peerId: string) => isReader(key, peerId) && isConnected(peerId)
      const free = ledgerOf(key).next({ ...asked, isReader: stays, now: at })
      if (free.slow !== undefined) {
        slow.set(`${key}/${free.slow}`, at + SLOW_MS)
        for (const listener of listeners) listener()
      }
      return free
    },
    give: (key, peerId, span) => ledgerOf(key).give(peerId, span, now()),
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
