// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { stat } from 'node:fs/promises'
import type { ArtifactFiles } from './artifact-files.ts'

/** What one artifact takes of the disk. */
export interface DiskUsage {
  /** Blocks of its files: the holes of a sparse file cost nothing. */
  readonly bytes: number
  /** Under the name of the data file there is another file than the one that is open, or none. */
  readonly lost: boolean
}

/** @param inode of the data file that is open */
export async function diskUsage(files: ArtifactFiles, inode: number): Promise<DiskUsage> {
  const { data, manifest, state, arrivals, ingest, parts, origin } = files
  const look = (path: string) => stat(path).catch(() => undefined)
  const [first, ...others] = await Promise.all(
    [data, manifest, state, arrivals, ingest, parts, origin].map(look),
  )
  const blocks = [first, ...others].reduce((sum, one) => sum + (one?.blocks ?? 0), 0)
  return { bytes: blocks * 512, lost: first?.ino !== inode }
}
