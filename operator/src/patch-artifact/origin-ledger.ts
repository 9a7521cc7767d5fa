// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export interface ReaderCount {
  readonly peerId: string
  /** Payload that this seeder or agent has read so far, as it says itself. */
  readonly bytesRead: number
}

/** Adds up what successive readers have read of each artifact. */
export interface OriginLedger {
  /**
   * Bytes read by all readers there have been; never less than what the status has said before.
   * @param known status.origin.bytesRead: what earlier leaders have counted
   */
  total(artifactUid: string, known: number, readers: readonly ReaderCount[]): number
  forget(artifactUid: string): void
}

/**
 * A reader counts for itself and takes its count with it when its Pod is replaced, so the sum is kept here. After a change
 * of leader what readers report first is taken for what the status has counted, as far as that goes.
 */
export function createOriginLedger(): OriginLedger {
  const entries = new Map<string, Entry>()
  return {
    total(artifactUid, known, readers) {
      const entry = entries.get(artifactUid) ?? { total: known, unclaimed: known, counted: new Map() }
      entries.set(artifactUid, entry)
      for (const reader of readers) add(entry, reader)
      return entry.total
    },
    forget: (artifactUid) => void entries.delete(artifactUid),
  }
}

interface Entry {
  total: number
  /** What an earlier leader has counted and no reader has spoken of yet. */
  unclaimed: number
  readonly counted: Map<string, number>
}

function add(entry: Entry, { peerId, bytesRead }: ReaderCount): void {
  // One that has just started does not know its own count yet.
  if (bytesRead === 0) return
  const before = entry.counted.get(peerId)
  // Less than before: it was killed before it had written its count down. What it reads from there on is new.
  entry.counted.set(peerId, bytesRead)
  const news = Math.max(0, bytesRead - (before ?? 0))
  const claimed = before === undefined ? Math.min(news, entry.unclaimed) : 0
  entry.unclaimed -= claimed
  entry.total += news - claimed
}
