// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type FileHandle, readFile, rm } from 'node:fs/promises'
import type { Logger } from 'pino'
import type { ManifestParts } from '../manifest/dag.ts'
import { decodeManifest, encodeManifest } from '../manifest/encoding.ts'
import { leafCount, leafLength, leafOffset } from '../manifest/layout.ts'
import { InvalidManifestError } from '../manifest/manifest.ts'
import type { Manifest } from '../manifest/types.ts'
import type { Arrival } from './arrival-log.ts'
import type { ArtifactFiles } from './artifact-files.ts'
import { Bitmap } from './bitmap.ts'
import { errorCode, replaceDurably, syncDirectory } from './durable.ts'
import { StoredGrowth } from './growth.ts'
import { rebuildManifest } from './rebuild.ts'
import { type ArtifactState, decodeState, NO_COUNTERS } from './state-file.ts'
import type { ArtifactCounters } from './types.ts'
import { wrongChunks } from './verify.ts'

/** What of an artifact is left after a stop of any kind. */
export interface Recovered {
  readonly manifest: Manifest | undefined
  /** What is known of a manifest that still grows. */
  readonly growth: StoredGrowth | undefined
  readonly held: Bitmap
  readonly counters: ArtifactCounters
  /** Milliseconds since the epoch. */
  readonly usedAt: number
  /** Chunks that are held now because they were hashed again, not because the state said so: they may not be on the disk yet. */
  readonly rehashed: ReadonlySet<number>
}

/** Trusts what was synced; what was written after that is hashed again, and everything is when the state is not to be read. */
export async function recover(
  files: ArtifactFiles,
  data: FileHandle,
  arrivals: readonly Arrival[],
  log: Logger,
): Promise<Recovered> {
  const state = await readState(files.state)
  const manifest = (await readManifest(files.manifest, log)) ?? (await remake(files, data, state, log))
  const counters = { ...NO_COUNTERS, ...state?.counters }
  const usedAt = state?.usedAt ?? (await data.stat()).mtimeMs
  const growth = manifest === undefined ? await StoredGrowth.reopen(files.parts, log) : undefined
  const outline = manifest ?? growth?.manifest
  if (outline === undefined) {
    return { manifest, growth, held: new Bitmap(0), counters, usedAt, rehashed: new Set() }
  }
  const chunks = leafCount(outline)
  // A file that somebody shortened proves the state wrong whatever it says.
  const trusted = state?.cid === (manifest?.cid ?? '') && (await data.stat()).size === outline.size
  const held = new Bitmap(chunks, trusted ? state.bitmap : undefined)
  const doubtful = growth ? dropDoubtful(held, growth) : []
  if (!trusted) {
    log.warn({ path: files.state }, 'The state is missing or damaged: hashing the whole artifact')
    await disown(files)
  }
  await data.truncate(outline.size)
  const suspects = trusted
    ? [...doubtful, ...arrivals.map(({ index }) => index)]
    : Array.from({ length: chunks }, (_, i) => i)
  const rehashed = await addVerified(data, outline, held, suspects)
  credit(counters, outline, arrivals, rehashed)
  return { manifest, growth, held, counters, usedAt, rehashed }
}

/** Of leaves that are not known, or were others once. @returns those dropped whose bytes may be right */
function dropDoubtful(held: Bitmap, { manifest, changedBefore }: StoredGrowth): number[] {
  for (const index of held) {
    if (changedBefore.has(index) || !manifest.isKnown(index)) held.delete(index)
  }
  return [...changedBefore]
}

/** Before the length is right again: whoever comes after a kill would see nothing that speaks against the state. */
async function disown({ state, directory }: ArtifactFiles): Promise<void> {
  await rm(state, { force: true })
  await syncDirectory(directory)
}

/** A manifest that is lost while the whole file is there. */
async function remake(
  files: ArtifactFiles,
  data: FileHandle,
  state: ArtifactState | undefined,
  log: Logger,
): Promise<Manifest | undefined> {
  const manifest = state && state.cid !== '' ? await rebuildManifest(data, state) : undefined
  if (manifest === undefined) return undefined
  log.warn({ path: files.manifest }, 'The manifest was lost; it is made anew from the file')
  await replaceDurably(files.manifest, encodeManifest(manifest))
  return manifest
}

/** Chunks of this manifest that stand in the file although no bitmap says so: it was there before its manifest. */
export async function salvage(data: FileHandle, manifest: Manifest): Promise<Bitmap> {
  const held = new Bitmap(leafCount(manifest))
  const { size } = await data.stat()
  const there = Array.from({ length: held.size }, (_, index) => index).filter(
    (index) => size > 0 && leafOffset(manifest, index) + leafLength(manifest, index) <= size,
  )
  await addVerified(data, manifest, held, there)
  return held
}

async function addVerified(
  data: FileHandle,
  manifest: ManifestParts,
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
  manifest: ManifestParts,
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
    log.warn({ path, err: error }, 'The manifest on disk is damaged')
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
