// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type FileHandle, readFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import { decodeManifest } from '../manifest/encoding.ts'
import { leafCount, leafLength } from '../manifest/layout.ts'
import { InvalidManifestError } from '../manifest/manifest.ts'
import type { Manifest } from '../manifest/types.ts'
import type { Arrival } from './arrival-log.ts'
import type { ArtifactFiles } from './artifact-files.ts'
import { Bitmap } from './bitmap.ts'
import { errorCode } from './durable.ts'
import { type ArtifactState, decodeState, NO_COUNTERS } from './state-file.ts'
import type { ArtifactCounters } from './types.ts'
import { wrongChunks } from './verify.ts'

/** What of an artifact is left after a stop of any kind. */
export interface Recovered {
  readonly manifest: Manifest | undefined
  readonly held: Bitmap
  readonly counters: ArtifactCounters
  /** Chunks that are held now because they were hashed again, not because the state said so. */
  readonly rehashed: number
}

/** Trusts what was synced; what was written after that is hashed again, and everything is when the state is not to be read. */
export async function recover(
  files: ArtifactFiles,
  data: FileHandle,
  arrivals: readonly Arrival[],
  log: Logger,
): Promise<Recovered> {
  const manifest = await readManifest(files.manifest, log)
  const state = await readState(files.state)
  const counters = { ...NO_COUNTERS, ...state?.counters }
  if (manifest === undefined) return { manifest, held: new Bitmap(0), counters, rehashed: 0 }
  const chunks = leafCount(manifest)
  // A file that somebody shortened proves the state wrong whatever it says.
  const trusted = state?.cid === manifest.cid && (await data.stat()).size === manifest.size
  const held = new Bitmap(chunks, trusted ? state.bitmap : undefined)
  if (!trusted) log.warn({ path: files.state }, 'The state is missing or damaged: hashing the whole artifact')
  await data.truncate(manifest.size)
  const before = held.count
  const suspects = trusted ? arrivals.map(({ index }) => index) : Array.from({ length: chunks }, (_, i) => i)
  const news = await addVerified(data, manifest, held, suspects)
  credit(counters, manifest, arrivals, news)
  return { manifest, held, counters, rehashed: held.count - before }
}

async function addVerified(
  data: FileHandle,
  manifest: Manifest,
  held: Bitmap,
  suspects: readonly number[],
): Promise<Set<number>> {
  const candidates = new Set(suspects.filter((index) => index < held.size && !held.has(index)))
  for (const index of await wrongChunks(data, manifest, candidates)) candidates.delete(index)
  for (const index of candidates) held.add(index)
  return candidates
}

/** The counters on disk are as old as the bitmap: what came after it is counted from the log. */
function credit(
  counters: ArtifactCounters,
  manifest: Manifest,
  arrivals: readonly Arrival[],
  news: ReadonlySet<number>,
): void {
  const counted = new Set<number>()
  for (const { index, source } of arrivals) {
    if (source === 'copy' || !news.has(index) || counted.has(index)) continue
    counted.add(index)
    countArrival(counters, source, leafLength(manifest, index))
  }
}

/** Adds a chunk to the counter of where it came from. */
export function countArrival(
  counters: ArtifactCounters,
  source: Exclude<Arrival['source'], 'copy'>,
  bytes: number,
): void {
  if (source === 'peers') counters.bytesFromPeers += bytes
  else if (source === 'cache') counters.bytesFromCache += bytes
  else counters.bytesFromOrigin += bytes
  counters.originBytesRead = Math.max(counters.originBytesRead, counters.bytesFromOrigin)
}

async function readManifest(path: string, log: Logger): Promise<Manifest | undefined> {
  const bytes = await readIfThere(path)
  if (bytes === undefined) return undefined
  try {
    return decodeManifest(bytes)
  } catch (error) {
    if (!(error instanceof InvalidManifestError)) throw error
    log.warn({ path, err: error }, 'The manifest on disk is damaged: it will be fetched again')
    return undefined
  }
}

async function readState(path: string): Promise<ArtifactState | undefined> {
  const bytes = await readIfThere(path)
  return bytes && decodeState(bytes)
}

/** The bytes of a file, undefined when there is none. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}
