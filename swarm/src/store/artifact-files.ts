// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { join } from 'node:path'

/** The files of one artifact in the cache. */
export interface ArtifactFiles {
  readonly directory: string
  /** The file itself, sparse, chunks in place. */
  readonly data: string
  readonly manifest: string
  /** Counters and the bitmap of what is verified and synced. */
  readonly state: string
  /** Chunks written since then: a hint for after a kill. */
  readonly arrivals: string
  /** Leaf digests of an ingest that is not finished. */
  readonly ingest: string
  /** Signed parts of a manifest that still grows. */
  readonly parts: string
  /** What the origin reader keeps over a restart: versions and a count. */
  readonly origin: string
}

export function artifactFiles(directory: string): ArtifactFiles {
  return {
    directory,
    data: join(directory, 'data'),
    manifest: join(directory, 'manifest'),
    state: join(directory, 'state'),
    arrivals: join(directory, 'arrivals'),
    ingest: join(directory, 'ingest'),
    parts: join(directory, 'parts'),
    origin: join(directory, 'origin'),
  }
}
