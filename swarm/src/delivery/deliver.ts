// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type FileHandle, rename } from 'node:fs/promises'
import { digestHex } from '../manifest/digest.ts'
import { copyAndHash, type Grown, hashFile, openSource, type Progress } from './copy.ts'
import { inside, openDirectory } from './directory.ts'
import { DigestMismatchError } from './errors.ts'
import { asDeliveryError } from './failure.ts'
import type { DeliveryJournal } from './journal.ts'
import { checkFileName, parseOwner, type Roots, resolveTarget } from './target.ts'
import {
  openRegular,
  removeIfThere,
  removeLeftovers,
  TEMPORARY_NAME_BYTES,
  temporaryName,
} from './temporaries.ts'

export interface DeliveryOptions {
  /** Stable over retries: names the owner of the path in the journal. */
  readonly id: string
  /** The file in the cache, complete or growing. */
  readonly dataPath: string
  /** Its bytes. */
  readonly size: number
  /** sha256:<hex>, from the tracker. */
  readonly digest: string
  readonly roots: Roots
  /** Absolute, as the host names it; made (0755) when missing. */
  readonly directory: string
  readonly fileName: string
  /** Permission bits, at most 0o777. */
  readonly mode: number
  /** "uid:gid"; undefined or empty: this process. */
  readonly owner?: string | undefined
  /** What the file is a version of. */
  readonly series?: string | undefined
  readonly journal: DeliveryJournal
  readonly signal?: AbortSignal | undefined
  /** Called while the whole is hashed, with the bytes hashed so far. */
  readonly onProgress?: Progress | undefined
  /** Write the bytes anew even where extents could be shared. */
  readonly alwaysCopy?: boolean | undefined
  /** The file in the cache still grows: what is there is copied meanwhile, so that little is left to do at the end. */
  readonly grown?: Grown | undefined
}

export interface DeliveredFile {
  /** As the host names it. */
  readonly path: string
  /** Hex, of the bytes that were read back or written by this call. */
  readonly sha256: string
}

/**
 * Puts a complete artifact under its name on the host. The name never shows anything but the old file or the whole new
 * one, checked by this node itself. Safe to run again (not at once for the same path): a file that is right already only gets
 * its mode and owner.
 * @throws DeliveryError with the reason; CacheFileError; NoSpaceError when the journal has no room; the signal's reason
 */
export async function deliver(options: DeliveryOptions): Promise<DeliveredFile> {
  checkFileName(options.fileName, TEMPORARY_NAME_BYTES)
  const owner = options.owner ? parseOwner(options.owner) : undefined
  const expected = digestHex(options.digest)
  const target = resolveTarget(options.directory, options.roots)
  const path = `${target.directory === '/' ? '' : target.directory}/${options.fileName}`
  await options.journal.claim(path, options.id, options.digest, options.series)
  try {
    await using directory = await openDirectory(target, true)
    await removeLeftovers(directory, options.fileName)
    const attempt: Attempt = { ...options, mode: options.mode & 0o777, path, directory, expected, ids: owner }
    if (!(await isThere(attempt))) await writeAndRename(attempt)
  } catch (error) {
    if (options.signal?.aborted) throw error
    throw asDeliveryError(error, path)
  }
  await options.journal.delivered(path, Date.now())
  return { path, sha256: expected }
}

/**
 * Checks the whole artifact in the cache against its digest, for a node that is only to have it ready.
 * @throws DigestMismatchError; CacheFileError; the signal's reason
 */
export async function checkCached(
  options: Pick<DeliveryOptions, 'dataPath' | 'size' | 'digest' | 'signal' | 'onProgress'>,
): Promise<{ sha256: string }> {
  await using file = await openSource(options.dataPath)
  const sha256 = await hashFile(file, options)
  const expected = digestHex(options.digest)
  await checkLength(file, options.size, 'The file in the cache')
  if (sha256 !== expected) {
    throw new DigestMismatchError(
      `The bytes in the cache have SHA-256 ${sha256}, not ${expected}: the cache must be checked or the digest in the PatchArtifact is wrong`,
    )
  }
  return { sha256 }
}

/** What is in the cache may be given up while it is read, and its beginning alone may have the digest. */
async function checkLength(file: FileHandle, expected: number, label: string): Promise<void> {
  const { size } = await file.stat()
  if (size === expected) return
  throw new DigestMismatchError(
    `${label} has ${size} of ${expected} bytes: nothing was delivered; the cache must be checked`,
  )
}

interface Attempt extends Omit<DeliveryOptions, 'directory'> {
  readonly path: string
  readonly directory: FileHandle
  /** Hex. */
  readonly expected: string
  readonly ids: { uid: number; gid: number } | undefined
}

/** Whether the right bytes stand under the name already; their mode and owner are set then. */
async function isThere(attempt: Attempt): Promise<boolean> {
  await using file = await openRegular(inside(attempt.directory, attempt.fileName))
  if (file === undefined || (await file.stat()).size !== attempt.size) return false
  if ((await hashFile(file, attempt)) !== attempt.expected) return false
  await setModeAndOwner(file, attempt)
  await file.sync()
  return true
}

async function writeAndRename(attempt: Attempt): Promise<void> {
  const temporary = inside(attempt.directory, temporaryName(attempt.fileName))
  try {
    await writeTemporary(temporary, attempt)
    await rename(temporary, inside(attempt.directory, attempt.fileName))
  } catch (error) {
    await removeIfThere(temporary).catch(() => {})
    throw error
  }
  await attempt.directory.sync()
}

async function writeTemporary(temporary: string, attempt: Attempt): Promise<void> {
  const { signal, onProgress, size, grown, alwaysCopy } = attempt
  const { file, sha256 } = await copyAndHash({
    from: attempt.dataPath,
    to: temporary,
    size,
    label: attempt.path,
    signal,
    onProgress,
    grown,
    alwaysCopy,
  })
  try {
    await checkLength(file, size, attempt.path)
    if (sha256 !== attempt.expected) {
      throw new DigestMismatchError(
        `The bytes for ${attempt.path} have SHA-256 ${sha256}, not ${attempt.expected}: ` +
          'nothing was delivered; the cache must be checked or the digest in the PatchArtifact is wrong',
      )
    }
    await setModeAndOwner(file, attempt)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Owner first: changing it may clear bits of the mode. Touches nothing that is right already. */
async function setModeAndOwner(file: FileHandle, { ids, mode }: Attempt): Promise<void> {
  const now = await file.stat()
  if (ids !== undefined && (now.uid !== ids.uid || now.gid !== ids.gid)) await file.chown(ids.uid, ids.gid)
  if ((now.mode & 0o7777) !== mode) await file.chmod(mode)
}
