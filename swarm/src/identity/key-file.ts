// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { IdentityError } from './errors.ts'
import { identityFromSeed } from './identity.ts'
import type { Identity } from './types.ts'

/**
 * The identity kept in `file` (the 32 bytes of the seed, mode 0600); makes one when there is none.
 * Safe against a crash and against a second process that does the same: the file appears whole or not at all, and
 * the first one wins.
 * @throws IdentityError when the file holds something else or the folder cannot be written
 */
export async function loadOrCreateIdentity(file: string): Promise<Identity> {
  const seed = (await readSeed(file)) ?? (await createSeed(file))
  if (seed.length !== 32) {
    throw new IdentityError(
      `${file} holds ${seed.length} bytes where the 32 bytes of a key belong: restore it, or delete it for a new identity`,
    )
  }
  return identityFromSeed(seed)
}

async function readSeed(file: string): Promise<Uint8Array | undefined> {
  try {
    const seed = await readFile(file)
    await chmod(file, 0o600)
    return seed
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined
    throw new IdentityError(`cannot read the key file ${file}`, { cause })
  }
}

async function createSeed(file: string): Promise<Uint8Array> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeDurably(temporary, randomBytes(32))
    // A link does not replace: whoever comes second takes the key that is there.
    await link(temporary, file).catch((cause) => {
      if (codeOf(cause) !== 'EEXIST') throw cause
    })
    await syncFolder(dirname(file))
    return await readFile(file)
  } catch (cause) {
    throw new IdentityError(`cannot create the key file ${file}`, { cause })
  } finally {
    await rm(temporary, { force: true })
  }
}

async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
