// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, type FileHandle, open, statfs, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { readFully, writeFully } from '../store/durable.ts'
import { CacheFileError, InsufficientDiskError } from './errors.ts'

/** Called with the bytes hashed so far. */
export type Progress = (bytesDone: number) => void

/**
 * Of a file that still grows: waits until more than `offset` bytes from its beginning are there to stay.
 * @returns how many; all of them at the end. @throws what ends the wait
 */
export type Grown = (offset: number) => Promise<number>

/** A new file and the SHA-256 of what is in it. The caller closes it. */
export interface CopiedFile {
  readonly file: FileHandle
  /** Hex. */
  readonly sha256: string
}

interface CopyOptions {
  readonly from: string
  /** Must not be there yet. */
  readonly to: string
  /** Bytes to copy. */
  readonly size: number
  /** What to call the target in messages. */
  readonly label: string
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: Progress | undefined
  /** `from` still grows. */
  readonly grown?: Grown | undefined
  /** Shares no extents. */
  readonly alwaysCopy?: boolean | undefined
}

const STEP = 1024 * 1024
const NEW_FILE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

/**
 * Copies by sharing extents where the file system can (then what lies in the new file is hashed), else byte by byte,
 * hashing exactly the bytes that are written. Of a file that grows it copies what is there while the rest comes, unless
 * its extents can be shared at the end or there is no room for both.
 */
export async function copyAndHash(options: CopyOptions): Promise<CopiedFile> {
  const { grown, size } = options
  if (grown !== undefined && !(await canFollow(options))) {
    for (let held = 0; held < size; ) held = await grown(held)
  }
  if (!options.alwaysCopy && (await reflink(options.from, options.to))) {
    const file = await open(options.to, constants.O_RDWR | constants.O_NOFOLLOW)
    return closingOnError(file, async () => ({ file, sha256: await hashFile(file, options) }))
  }
  await using source = await openSource(options.from)
  const file = await open(options.to, NEW_FILE, 0o600)
  return await closingOnError(file, async () => {
    await checkSpace(options)
    return { file, sha256: await pump(source, file, options) }
  })
}

export async function openSource(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (error) {
    throw new CacheFileError(`The file in the cache ${path} cannot be opened`, { cause: error })
  }
}

/** SHA-256 of an open file, hex. */
export function hashFile(
  file: FileHandle,
  options: { signal?: AbortSignal | undefined; onProgress?: Progress | undefined },
): Promise<string> {
  return pump(file, undefined, { ...options, size: Number.POSITIVE_INFINITY, label: '' })
}

async function pump(
  source: FileHandle,
  target: FileHandle | undefined,
  {
    size,
    label,
    signal,
    onProgress,
    grown,
  }: Pick<CopyOptions, 'size' | 'label' | 'signal' | 'onProgress' | 'grown'>,
): Promise<string> {
  const whole = createHash('sha256')
  const buffers = new TwoBuffers()
  let there = grown === undefined ? size : 0
  for (let offset = 0; ; ) {
    signal?.throwIfAborted()
    if (grown !== undefined && offset >= there && there < size) {
      // The rest may be long in coming: a full disk is told of now.
      await buffers.written
      there = Math.min(size, await grown(offset))
    }
    const step = buffers.free.subarray(0, Math.min(STEP, there - offset))
    const length = await readFully(source, step, offset)
    const bytes = step.subarray(0, length)
    whole.update(bytes)
    await buffers.written
    if (length === 0) return whole.digest('hex')
    if (target !== undefined) buffers.write(writeFully(target, bytes, offset, label))
    offset += length
    onProgress?.(offset)
  }
}

/** While one step is written the next is read and hashed. */
class TwoBuffers {
  free = Buffer.allocUnsafe(STEP)
  #other = Buffer.allocUnsafe(STEP)
  /** All that was given to `write`. */
  written = Promise.resolve()

  /** @param writing of what is in `free`, which is another one from here on */
  write(writing: Promise<void>): void {
    this.written = writing
    // Whoever waits for it hears of it, if a read has not failed before.
    writing.catch(() => {})
    const other = this.#other
    this.#other = this.free
    this.free = other
  }
}

/** The cache and the copy grow on what may be the same file system. */
async function canFollow({ from, to, size, alwaysCopy }: CopyOptions): Promise<boolean> {
  if (!alwaysCopy && (await reflink(from, to))) {
    await unlink(to)
    return false
  }
  const { bavail, bsize } = await statfs(dirname(to))
  return 2 * size <= bavail * bsize
}

/** COPYFILE_FICLONE_FORCE makes no copy of its own when the file system cannot share extents, and leaves nothing behind. */
async function reflink(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE)
    return true
  } catch {
    // Another file system or one that cannot; a real trouble shows itself when the file is copied.
    return false
  }
}

/** Says so at once instead of after writing gigabytes; the writes are checked all the same. */
async function checkSpace({ to, size, label }: CopyOptions): Promise<void> {
  const { bavail, bsize } = await statfs(to)
  const free = bavail * bsize
  if (size <= free) return
  throw new InsufficientDiskError(
    `${label} needs ${size} bytes and its file system has ${free} free: free some space`,
  )
}

async function closingOnError<T>(file: FileHandle, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    await file.close()
    throw error
  }
}
