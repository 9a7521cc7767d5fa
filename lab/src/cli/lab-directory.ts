// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdtemp, readdir, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { formatBytes } from '../units.ts'

const PREFIX = 'patchswarm-lab-'

/** The machine lacks something that the lab needs; the message says what. */
export class LabEnvironmentError extends Error {
  override name = 'LabEnvironmentError'
}

/** A new folder for one lab, named after its process; removes what labs that were killed have left. */
export async function makeLabDirectory(parent: string): Promise<string> {
  for (const name of await readdir(parent)) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]
    if (pid && !isAlive(Number(pid))) await removeLabDirectory(join(parent, name)).catch(() => undefined)
  }
  return await mkdtemp(join(parent, `${PREFIX}${process.pid}-`))
}

export async function removeLabDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 3 })
}

/**
 * Every node keeps the file in its cache and delivers it, and the seeder and the input may need room too.
 *
 * @throws LabEnvironmentError
 */
export async function checkSpace(directory: string, fileBytes: number, nodes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory)
  const needed = fileBytes * (2 * nodes + 2) + 300 * 2 ** 20
  if (bavail * bsize >= needed) return
  throw new LabEnvironmentError(
    `${directory} has ${formatBytes(bavail * bsize)} free, but ${nodes} nodes and this file need ${formatBytes(needed)}: ` +
      'take fewer nodes or a smaller file, or set TMPDIR to a folder with more room',
  )
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
