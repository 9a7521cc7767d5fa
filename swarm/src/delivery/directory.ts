// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open } from 'node:fs/promises'
import { errorCode } from '../store/durable.ts'
import { DirectoryNotAllowedError, RootMissingError, TargetNotWritableError } from './errors.ts'
import type { Target } from './target.ts'

const WALK = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

/** Mode of directories that a delivery makes, whatever the umask. */
const NEW_DIRECTORY = 0o755

/** A name inside an open directory: nobody can put a symbolic link in place of what was walked already. */
export function inside(directory: FileHandle, name: string): string {
  return `/proc/self/fd/${directory.fd}/${name}`
}

/**
 * Opens a directory below its root, one component after the other and never through a symbolic link. Missing ones are
 * made when `create` is set, else the answer is undefined.
 * @throws RootMissingError, DirectoryNotAllowedError (a symbolic link), TargetNotWritableError (not a directory)
 */
export async function openDirectory(target: Target, create: true): Promise<FileHandle>
export async function openDirectory(target: Target, create: boolean): Promise<FileHandle | undefined>
export async function openDirectory(target: Target, create: boolean): Promise<FileHandle | undefined> {
  let directory = await openRoot(target)
  let walked = target.root
  for (const component of target.components) {
    walked = `${walked.replace(/\/$/, '')}/${component}`
    const parent = directory
    try {
      const child = await openChild(parent, component, walked, create)
      if (child === undefined) return undefined
      directory = child
    } finally {
      await parent.close()
    }
  }
  return directory
}

/**
 * Opens what there is of the way to a directory: the directory itself (`whole`), or the last one above it that exists.
 * @throws as openDirectory
 */
export async function openDeepest(target: Target): Promise<{ handle: FileHandle; whole: boolean }> {
  let handle = await openRoot(target)
  let walked = target.root
  for (const component of target.components) {
    walked = `${walked.replace(/\/$/, '')}/${component}`
    let child: FileHandle | undefined
    try {
      child = await openChild(handle, component, walked, false)
    } catch (error) {
      await handle.close()
      throw error
    }
    if (child === undefined) return { handle, whole: false }
    await handle.close()
    handle = child
  }
  return { handle, whole: true }
}

async function openRoot({ root, mount }: Target): Promise<FileHandle> {
  try {
    return await open(mount, constants.O_RDONLY | constants.O_DIRECTORY)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTDIR') throw error
    throw new RootMissingError(
      `This node has no directory ${root}: make it, or take the root from the profile`,
      {
        cause: error,
      },
    )
  }
}

async function openChild(
  parent: FileHandle,
  name: string,
  walked: string,
  create: boolean,
): Promise<FileHandle | undefined> {
  const path = inside(parent, name)
  try {
    return await open(path, WALK)
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOTDIR' || code === 'ELOOP') throw await notADirectory(path, walked, error)
    if (code !== 'ENOENT') throw error
  }
  return create ? makeChild(parent, path, walked) : undefined
}

async function makeChild(parent: FileHandle, path: string, walked: string): Promise<FileHandle> {
  let made = true
  try {
    await mkdir(path, NEW_DIRECTORY)
  } catch (error) {
    // Another delivery made it a moment ago.
    if (errorCode(error) !== 'EEXIST') throw error
    made = false
  }
  const child = await open(path, WALK).catch(async (error: unknown) => {
    throw await notADirectory(path, walked, error)
  })
  if (made) {
    await child.chmod(NEW_DIRECTORY)
    await parent.sync()
  }
  return child
}

async function notADirectory(path: string, walked: string, cause: unknown): Promise<Error> {
  const entry = await lstat(path).catch(() => undefined)
  if (entry !== undefined && !entry.isSymbolicLink()) {
    return new TargetNotWritableError(`${walked} is a file: move it or choose another directory`, { cause })
  }
  return new DirectoryNotAllowedError(
    `${walked} is a symbolic link, and those are not followed: name the directory that it points to`,
    { cause },
  )
}
