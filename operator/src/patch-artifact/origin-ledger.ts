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

/**
 * A reader counts for itself and takes its count with it when its Pod is replaced, so the sum is kept here. After a change
 * of leader what readers report first is taken for what the status has counted, as far as that goes.
 */
export function createOriginLedger(): OriginLedger {
  const entries = new Map<string, Entry>()
  return {
    count(artifactUid, known, readers) {
      const entry = entries.get(artifactUid) ?? entryOf(known)
      entries.set(artifactUid, entry)
      for (const reader of readers) add(entry, reader)
      return {
        total: entry.all.total,
        sites: new Map([...entry.sites].map(([site, { total }]) => [site, total])),
      }
    },
    forget: (artifactUid) => void entries.delete(artifactUid),
  }
}

interface Account {
  total: number
  /** What an earlier leader has counted and no reader has spoken of yet. */
  unclaimed: number
}

interface Entry {
  readonly all: Account
  readonly sites: Map<string, Account>
  readonly counted: Map<string, number>
}

const accountOf = (total: number): Account => ({ total, unclaimed: total })

const entryOf = ({ total, sites }: OriginTotals): Entry => ({
  all: accountOf(total),
  sites: new Map([...sites].map(([site, read]) => [site, accountOf(read)])),
  counted: new Map(),
})

function add(entry: Entry, { peerId, bytesRead, site }: ReaderCount): void {
  // One that has just started does not know its own count yet.
  if (bytesRead === 0) return
  const before = entry.counted.get(peerId)
  // Less than before: it was killed before it had written its count down. What it reads from there on is new.
  entry.counted.set(peerId, bytesRead)
  const news = Math.max(0, bytesRead - (before ?? 0))
  take(entry.all, news, before === undefined)
  if (site === undefined || news === 0) return
  const account = entry.sites.get(site) ?? accountOf(0)
  entry.sites.set(site, account)
  take(account, news, before === undefined)
}

function take(account: Account, news: number, isFirst: boolean): void {
  const claimed = isFirst ? Math.min(news, account.unclaimed) : 0
  account.unclaimed -= claimed
  account.total += news - claimed
}
