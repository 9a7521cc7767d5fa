// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  CacheFileError,
  checkCached,
  type DeliveryJournal,
  deliver,
  type Roots,
  removeOlderVersions,
} from '@patchswarm/swarm/delivery'
import type { StoredArtifact } from '@patchswarm/swarm/store'
import type { Delivery } from '@patchswarm/swarm/tracker'
import type { Logger } from 'pino'
import { heldPrefix } from './held-prefix.ts'

export interface BringOptions {
  readonly wish: Delivery
  readonly stored: StoredArtifact
  /** Empty where nobody has said it. */
  readonly digest: string
  readonly roots: Roots
  readonly journal: DeliveryJournal
  /** What is being fetched is copied meanwhile. */
  readonly follows: boolean
  readonly signal: AbortSignal
  /** Bytes copied and hashed. */
  readonly onProgress: (bytes: number) => void
}

/** Brings what is in the cache under its name, or only checks it where it is to stay there. */
export async function bring(options: BringOptions): Promise<{ path: string; sha256: string }> {
  const { wish, stored, digest, roots, journal, follows, signal, onProgress } = options
  const { id, directory, fileName, mode, owner, method, series } = wish
  const { dataPath } = stored
  const { size } = stored.manifest ?? stored.growing ?? {}
  if (size === undefined) throw new CacheFileError('What was fetched of the file was given up')
  if (method === 'CacheOnly') {
    return { path: '', ...(await checkCached({ dataPath, size, digest, signal, onProgress })) }
  }
  return deliver({
    id,
    dataPath,
    size,
    digest,
    roots,
    directory,
    fileName,
    mode,
    owner,
    series,
    journal,
    signal,
    onProgress,
    alwaysCopy: method === 'Copy',
    ...(follows && { grown: heldPrefix(stored, size, signal) }),
  })
}

/** What is too old goes, once the new version is there. That it could not go fails no delivery. */
export async function tidy(
  { wish, journal, roots, signal }: Pick<BringOptions, 'wish' | 'journal' | 'roots' | 'signal'>,
  path: string,
  log: Logger,
): Promise<void> {
  const { series, keepVersions: keep } = wish
  if (series === '' || keep === 0 || path === '') return
  try {
    const removed = await removeOlderVersions({ path, series, keep, journal, roots, signal })
    if (removed.length > 0) log.info({ removed }, 'older versions were removed')
  } catch (error) {
    log.warn({ err: error }, 'older versions could not be removed')
  }
}
