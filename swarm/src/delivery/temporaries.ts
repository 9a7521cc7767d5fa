// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readdir, unlink } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { errorCode } from '../store/durable.ts'
import { inside, openDirectory } from './directory.ts'
import { DeliveryError } from './errors.ts'
import type { DeliveryJournal } from './journal.ts'
import { type Roots, resolveTarget } from './target.ts'

const RANDOM_BYTES = 8
const INFIX = '.patchswarm-'

/** Bytes that the temporary name has more than the file's name. */
export const TEMPORARY_NAME_BYTES = 1 + INFIX.length + 2 * RANDOM_BYTES

/** A name that no one else uses, in the directory of the file so that a rename suffices. */
export function temporaryName(fileName: string): string {
  return `.${fileName}${INFIX}${randomBytes(RANDOM_BYTES).toString('hex')}`
}

/** Deletes what earlier tries to deliver this file left in the directory. @returns the names deleted */
export async function removeLeftovers(directory: FileHandle, fileName: string): Promise<string[]> {
  const prefix = `.${fileName}${INFIX}`
  const names = (await readdir(inside(directory, ''))).filter(
    (name) => name.startsWith(prefix) && /^[0-9a-f]{16}$/.test(name.slice(prefix.length)),
  )
  const removed: string[] = []
  for (const name of names) {
    if (!(await lstat(inside(directory, name))).isFile()) continue
    await removeIfThere(inside(directory, name))
    removed.push(name)
  }
  return removed
}

/**
 * Deletes the temporary files of deliveries that were not finished and are listed no more, and forgets their paths. Roots
 * that are gone are passed over: they may come back.
 * @returns the paths deleted, as the host names them
 * @throws system errors of the directories, and what the journal throws
 */
export async function removeTemporaries(journal: DeliveryJournal, roots: Roots): Promise<string[]> {
  const removed: string[] = []
  for (const [path, entry] of journal.entries()) {
    if (entry.delivered || entry.deliveryId !== undefined) continue
    const isLeft = () => journal.entries().get(path) === entry
    const names = await removeLeft(path, roots, isLeft)
    removed.push(...(names ?? []).map((name) => `${dirname(path)}/${name}`))
    if (names !== undefined && isLeft()) await journal.forget(path)
  }
  return removed
}

/** Undefined when it is not known whether anything is there. */
async function removeLeft(path: string, roots: Roots, isLeft: () => boolean): Promise<string[] | undefined> {
  try {
    await using directory = await openDirectory(resolveTarget(dirname(path), roots), false)
    // Another delivery may have taken the path: what it writes has such a name, too.
    return directory && isLeft() ? await removeLeftovers(directory, basename(path)) : []
  } catch (error) {
    if (error instanceof DeliveryError) return undefined
    throw error
  }
}

/** Opens a file for reading if it is one; never a link, and without waiting for the other end of a pipe. */
export async function openRegular(path: string): Promise<FileHandle | undefined> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    // Whatever stands there, the rename will replace it or say why it cannot.
    return undefined
  }
  if ((await file.stat()).isFile()) return file
  await file.close()
  return undefined
}

export async function removeIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error
  })
}
