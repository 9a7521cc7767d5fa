// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export interface ReaderCount {
  readonly peerId: string
  /** Payload that this seeder or agent has read so far, as it says itself. */
  readonly bytesRead: number
  /** Where it reads for its site alone. */
  readonly site?: string | undefined
}

/** Bytes that were read of one artifact. */
export interface OriginTotals {
  readonly total: number
  /** By site, of those that read for themselves. */
  readonly sites: ReadonlyMap<string, number>
  /** By peer ID what it had said when it was counted last; who has read last stands at the end. */
  readonly readers: ReadonlyMap<string, number>
}

/** Adds up what successive readers have read of each artifact. */
export interface OriginLedger {
  /**
   * Bytes read by all readers there have been; never less than what the status has said before.
   * @param known what the status says: what earlier leaders have counted
   */
  count(artifactUid: string, known: OriginTotals, readers: readonly ReaderCount[]): OriginTotals
  forget(artifactUid: string): void
}

/** A status must not grow with every agent that has ever read: it names those that did so last. */
export const MOST_READERS = 64

/**
 * A reader counts for itself and takes its count with it when its disk is lost, so the sum is kept here, and beside it what each
 * reader's part of it is: else a new leader could not tell the count of a new seeder from that of the old one.
 */
export function createOriginLedger(): OriginLedger {
  const entries = new Map<string, Entry>()
  return {
    count(artifactUid, known, readers) {
      const entry = entries.get(artifactUid) ?? entryOf(known)
      entries.set(artifactUid, entry)
      for (const reader of readers) add(entry, reader)
      const { total, sites, counted } = entry
      return { total, sites: new Map(sites), readers: new Map([...counted].slice(-MOST_READERS)) }
    },
    forget: (artifactUid) => void entries.delete(artifactUid),
  }
}

interface Entry {
  total: number
  /** Of readers that the status does not name any more. */
  unclaimed: number
  readonly sites: Map<string, number>
  readonly counted: Map<string, number>
}

function entryOf({ total, sites, readers }: OriginTotals): Entry {
  const named = [...readers.values()].reduce((sum, bytes) => sum + bytes, 0)
  const unclaimed = readers.size < MOST_READERS ? 0 : Math.max(0, total - named)
  return { total, unclaimed, sites: new Map(sites), counted: new Map(readers) }
}

function add(entry: Entry, { peerId, bytesRead, site }: ReaderCount): void {
  const { counted, sites } = entry
  const before = counted.get(peerId)
  // One that has just started does not know its own count yet.
  if (bytesRead === 0 || bytesRead === before) return
  counted.delete(peerId)
  // Less than before: it was killed before it had written its count down. What it reads from there on is new.
  counted.set(peerId, bytesRead)
  const said = Math.max(0, bytesRead - (before ?? 0))
  const claimed = before === undefined ? Math.min(said, entry.unclaimed) : 0
  const news = said - claimed
  entry.unclaimed -= claimed
  entry.total = sumOf(entry.total, news)
  if (site !== undefined && news > 0) sites.set(site, sumOf(sites.get(site) ?? 0, news))
}

/** A reader that forgets its count again and again may say whatever it likes, and a status holds no more than this. */
const sumOf = (bytes: number, news: number): number => Math.min(bytes + news, Number.MAX_SAFE_INTEGER)
