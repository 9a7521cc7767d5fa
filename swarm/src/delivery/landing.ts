// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { access, copyFile, type FileHandle, lstat, statfs, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '../store/durable.ts'
import { inside, openDeepest } from './directory.ts'
import { TargetNotWritableError } from './errors.ts'
import { asDeliveryError } from './failure.ts'
import { checkFileName, type Roots, resolveTarget } from './target.ts'
import { TEMPORARY_NAME_BYTES } from './temporaries.ts'

/** Where a file is to come to lie, found without writing anything. */
export interface Landing {
  /** As the host names it. */
  readonly path: string
  /** Number of the file system. */
  readonly device: number
  readonly freeBytes: number
  /** Bytes that it would take there beside what is there now; 0 when a file of this size has the name already. */
  readonly needs: number
}

/**
 * Looks whether a file could be delivered, before a byte of it is fetched. The old file stays until the new one is
 * whole, so its bytes make no room.
 * @throws DeliveryError: RootMissing, DirectoryNotAllowed, InvalidDirectory, TargetNotWritable
 */
export async function findLanding(options: {
  readonly directory: string
  readonly fileName: string
  readonly size: number
  readonly roots: Roots
}): Promise<Landing> {
  const { directory, fileName, size, roots } = options
  checkFileName(fileName, TEMPORARY_NAME_BYTES)
  const target = resolveTarget(directory, roots)
  const path = `${target.directory === '/' ? '' : target.directory}/${fileName}`
  try {
    const { handle, whole } = await openDeepest(target)
    await using deepest = handle
    await access(inside(deepest, ''), constants.W_OK)
    const there = whole ? await sizeOf(deepest, fileName, path) : undefined
    const { dev } = await deepest.stat()
    const { bavail, bsize } = await statfs(inside(deepest, ''))
    return { path, device: dev, freeBytes: bavail * bsize, needs: there === size ? 0 : size }
  } catch (error) {
    throw asDeliveryError(error, path)
  }
}

async function sizeOf(directory: FileHandle, fileName: string, path: string): Promise<number | undefined> {
  try {
    const entry = await lstat(inside(directory, fileName))
    if (entry.isDirectory()) {
      throw new TargetNotWritableError(`${path} is a directory: move it or choose another name`)
    }
    return entry.isFile() ? entry.size : undefined
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Whether a copy within this directory's file system takes no room of its own. Tries it once. */
export async function sharesExtents(directory: string): Promise<boolean> {
  const from = join(directory, `.extents-${randomBytes(8).toString('hex')}`)
  const to = `${from}-copy`
  try {
    await writeFile(from, 'x', { flag: 'wx' })
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE)
    return true
  } catch {
    return false
  } finally {
    await Promise.all([from, to].map((path) => unlink(path).catch(() => {})))
  }
}
