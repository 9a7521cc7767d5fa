// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { digestHex } from '../manifest/digest.ts'
import { hashFile } from './copy.ts'
import { inside, openDirectory } from './directory.ts'
import type { DeliveryJournal } from './journal.ts'
import { type Roots, resolveTarget } from './target.ts'
import { openRegular } from './temporaries.ts'

/** A delivered file that is to stay as it is. */
export interface GuardedFile {
  readonly directory: string
  readonly fileName: string
  /** sha256:<hex> */
  readonly digest: string
}

/** How a file looked when its bytes were last known to be right. */
export interface Mark {
  readonly inode: number
  readonly changedAt: number
  /** Mode, owner and group: as they are after a delivery, for not every file system takes those that were asked for. */
  readonly rights: string
}

/**
 * Whether bytes and rights are still those that were delivered; rights only since the mark was made. Bytes are hashed only when the file has changed since that was
 * known: since it was delivered, by the journal, or since the mark was made (by ctime, so not within its tick of some milliseconds).
 * @returns a new mark; undefined when the file is gone or another one
 * @throws DeliveryError, system errors: nothing is known then
 */
export async function lookAfter(
  { directory, fileName, digest }: GuardedFile,
  known: Mark | undefined,
  { roots, journal }: { readonly roots: Roots; readonly journal: DeliveryJournal },
): Promise<Mark | undefined> {
  const target = resolveTarget(directory, roots)
  await using folder = await openDirectory(target, false)
  await using file = folder && (await openRegular(inside(folder, fileName)))
  if (file === undefined) return undefined
  const { ino, ctimeMs, mode, uid, gid } = await file.stat()
  const mark = { inode: ino, changedAt: ctimeMs, rights: [mode, uid, gid].join() }
  if (known !== undefined && known.rights !== mark.rights) return undefined
  if (known?.inode === ino && known.changedAt === ctimeMs) return mark
  const entry = journal.entries().get(`${target.directory}/${fileName}`)
  const isOurs = entry?.delivered === true && entry.digest === digest
  if (isOurs && ctimeMs <= (entry.deliveredAt ?? 0)) return mark
  return (await hashFile(file, {})) === digestHex(digest) ? mark : undefined
}
