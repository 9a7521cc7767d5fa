// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { NoSpaceError } from './errors.ts'

/** The code of a system error, '' for any other. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** Turns ENOSPC and EDQUOT into a NoSpaceError; leaves any other error as it is. */
export function asNoSpace(error: unknown, path: string): unknown {
  const code = errorCode(error)
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  return new NoSpaceError(`No space left for ${path}: free some or give the cache a larger disk`, {
    cause: error,
  })
}

/**
 * Writes all of `bytes` at `position`; a short write goes on where it stopped.
 * @throws NoSpaceError
 */
export async function writeFully(
  file: FileHandle,
  bytes: Uint8Array,
  position: number,
  path: string,
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    try {
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
      done += bytesWritten
    } catch (error) {
      throw asNoSpace(error, path)
    }
  }
}

/** Fills `bytes` from `position`. @returns how many bytes were there, fewer only at the end of the file */
export async function readFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let done = 0
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done
}

/**
 * Replaces a small file: after a crash it holds the old bytes or the new ones, never a part of them.
 * @throws NoSpaceError
 */
export async function replaceDurably(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.new`
  try {
    await using file = await open(temporary, 'w', 0o600)
    await writeFully(file, bytes, 0, path)
    await file.sync()
  } catch (error) {
    await rm(temporary, { force: true })
    throw asNoSpace(error, path)
  }
  await rename(temporary, path)
  await syncDirectory(dirname(path))
}

/** Makes names that came into or went out of the directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r')
  await directory.sync()
}
