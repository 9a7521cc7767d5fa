// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { unlink } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { digestHex } from '../manifest/digest.ts'
import { hashFile } from './copy.ts'
import { inside, openDirectory } from './directory.ts'
import type { DeliveryJournal, JournalEntry } from './journal.ts'
import { type Roots, resolveTarget } from './target.ts'
import { openRegular } from './temporaries.ts'

/** What is kept of the versions of one thing in one directory. */
export interface VersionsInit {
  /** Of the version that was just delivered, as the host names it. */
  readonly path: string
  /** Versions of one thing have it in common. */
  readonly series: string
  /** How many stay, with the one that was just delivered; at least 1. */
  readonly keep: number
}

/**
 * Paths of versions that are one too many, the oldest first: only what was delivered there before, of the same series,
 * into the same directory. One that a listed delivery owns counts, but is never among them.
 */
export function outdated(
  entries: ReadonlyMap<string, JournalEntry>,
  { path, series, keep }: VersionsInit,
): string[] {
  return [...entries]
    .filter(([other, entry]) => entry.series === series && entry.delivered && isBeside(other, path))
    .sort(([, a], [, b]) => (b.deliveredAt ?? 0) - (a.deliveredAt ?? 0))
    .slice(Math.max(0, keep - 1))
    .filter(([, { deliveryId }]) => deliveryId === undefined)
    .map(([other]) => other)
    .reverse()
}

const isBeside = (other: string, path: string): boolean => other !== path && dirname(other) === dirname(path)

/**
 * Removes the versions that are one too many. A file whose bytes are no longer those that were delivered is somebody
 * else's by now: it stays, and is forgotten.
 * @returns the paths of the files removed
 * @throws DeliveryError, system errors of the directory
 */
export async function removeOlderVersions(
  options: VersionsInit & {
    readonly journal: DeliveryJournal
    readonly roots: Roots
    readonly signal?: AbortSignal | undefined
  },
): Promise<string[]> {
  const { path, journal, roots, signal } = options
  const removed: string[] = []
  const before = new Map(journal.entries())
  // Another delivery may take the path while its file is hashed, and find it right: then it is not ours to remove.
  const isFree = (other: string) => journal.entries().get(other) === before.get(other)
  const old = outdated(before, options)
  if (old.length === 0) return removed
  await using directory = await openDirectory(resolveTarget(dirname(path), roots), false)
  for (const other of old) {
    const digest = before.get(other)?.digest ?? ''
    const name = directory && inside(directory, basename(other))
    if (name !== undefined && (await isStill(name, digest, signal)) && isFree(other)) {
      await unlink(name)
      removed.push(other)
    }
    if (isFree(other)) await journal.forget(other)
  }
  await directory?.sync()
  return removed
}

async function isStill(name: string, digest: string, signal: AbortSignal | undefined): Promise<boolean> {
  await using file = await openRegular(name)
  return file !== undefined && (await hashFile(file, { signal })) === digestHex(digest)
}
