// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export interface ReaderCount {
  readonly peerId: string
  /** Payload that this seeder has read so far, as it says itself. */
  readonly bytesRead: number
}

/** Adds up what successive seeders have read of each artifact. */
export interface OriginLedger {
  /**
   * Bytes read by all seeders there have been; never less than what the status has said before.
   * @param known status.origin.bytesRead: what earlier leaders have counted
   */
  total(artifactUid: string, known: number, readers: readonly ReaderCount[]): number
  forget(artifactUid: string): void
}

/**
 * A seeder counts for itself and takes its count with it when its Pod is replaced, so the sum is kept here. After a
 * change of leader the seeders that report first are taken for those that the status has counted.
 */
export function createOriginLedger(): OriginLedger {
  const entries = new Map<string, { total: number; counted: Map<string, number> }>()
  return {
    total(artifactUid, known, readers) {
      const entry = entries.get(artifactUid)
      if (entry) return add(entry, readers)
      if (readers.length === 0) return known
      const sum = readers.reduce((all, one) => all + one.bytesRead, 0)
      const counted = new Map(readers.map((one) => [one.peerId, one.bytesRead]))
      entries.set(artifactUid, { total: Math.max(known, sum), counted })
      return Math.max(known, sum)
    },
    forget: (artifactUid) => void entries.delete(artifactUid),
  }
}

function add(
  entry: { total: number; counted: Map<string, number> },
  readers: readonly ReaderCount[],
): number {
  for (const { peerId, bytesRead } of readers) {
    // One that has just started does not know its own count yet.
    if (bytesRead === 0) continue
    const before = entry.counted.get(peerId) ?? 0
    entry.total += Math.max(0, bytesRead - before)
    // Less than before: it was killed before it had written its count down. What it reads from there on is new.
    entry.counted.set(peerId, bytesRead)
  }
  return entry.total
}
