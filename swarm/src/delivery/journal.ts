// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mkdir, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Logger } from 'pino'
import { replaceDurably } from '../store/durable.ts'
import { readIfThere } from '../store/recover.ts'
import { PathConflictError } from './errors.ts'

/** What this node did under a path. */
export interface JournalEntry {
  /** sha256:<hex> of what is, or is being, delivered there. */
  readonly digest: string
  /** The delivery that owns the path; undefined once it is no longer listed. */
  readonly deliveryId: string | undefined
  /** False from the claim until the file stands under its name. */
  readonly delivered: boolean
  /** What this is a version of; undefined when it is none. */
  readonly series?: string | undefined
  /** Milliseconds since the epoch: when it was found there last; undefined before. */
  readonly deliveredAt?: number | undefined
}

/** Remembers over restarts which delivery owns which path (as the host names it), and what was delivered there. */
export interface DeliveryJournal {
  entries(): ReadonlyMap<string, JournalEntry>
  /**
   * Takes the path for a delivery before anything is written. Two deliveries may share a path only when both bring the
   * same bytes and the first has brought them.
   * @throws PathConflictError when another delivery that is still listed owns it
   */
  claim(path: string, deliveryId: string, digest: string, series?: string): Promise<void>
  delivered(path: string, now: number): Promise<void>
  /** Lets go of the paths of every delivery that is not among these, as the tracker lists them. */
  retain(deliveryIds: Iterable<string>): Promise<void>
  /** Forgets a path: nothing of ours stands there any more. */
  forget(path: string): Promise<void>
}

/**
 * Opens the journal in `path` (a small JSON file, replaced by rename). A damaged one is put aside as `<path>.damaged`:
 * all it costs is that files are hashed again and that paths belong to whoever comes first.
 */
export async function openJournal(path: string, log: Logger): Promise<DeliveryJournal> {
  await mkdir(dirname(path), { recursive: true })
  const bytes = await readIfThere(path)
  return new FileJournal(path, bytes === undefined ? new Map() : await parseOrPutAside(path, bytes, log))
}

class FileJournal implements DeliveryJournal {
  readonly #path: string
  readonly #entries: Map<string, JournalEntry>
  #writing: Promise<void> = Promise.resolve()

  constructor(path: string, entries: Map<string, JournalEntry>) {
    this.#path = path
    this.#entries = entries
  }

  entries(): ReadonlyMap<string, JournalEntry> {
    return this.#entries
  }

  async claim(path: string, deliveryId: string, digest: string, series?: string): Promise<void> {
    const entry = this.#entries.get(path)
    if (entry !== undefined && isTaken(entry, deliveryId, digest)) {
      throw new PathConflictError(
        `${path} belongs to delivery ${entry.deliveryId}: wait until that job is done, or choose another path`,
      )
    }
    if (entry?.deliveryId === deliveryId && entry.digest === digest) return
    this.#entries.set(path, { digest, deliveryId, delivered: false, ...(series && { series }) })
    await this.#write()
  }

  async delivered(path: string, now: number): Promise<void> {
    const entry = this.#entries.get(path)
    if (entry === undefined || entry.delivered) return
    this.#entries.set(path, { ...entry, delivered: true, deliveredAt: now })
    await this.#write()
  }

  async retain(deliveryIds: Iterable<string>): Promise<void> {
    const listed = new Set(deliveryIds)
    let changed = false
    for (const [path, entry] of this.#entries) {
      if (entry.deliveryId === undefined || listed.has(entry.deliveryId)) continue
      this.#entries.set(path, { ...entry, deliveryId: undefined })
      changed = true
    }
    if (changed) await this.#write()
  }

  async forget(path: string): Promise<void> {
    if (this.#entries.delete(path)) await this.#write()
  }

  /** One at a time, each with what is true when its turn comes. */
  #write(): Promise<void> {
    this.#writing = this.#writing
      .catch(() => {})
      .then(() => replaceDurably(this.#path, Buffer.from(serialise(this.#entries))))
    return this.#writing
  }
}

function isTaken(entry: JournalEntry, deliveryId: string, digest: string): boolean {
  if (entry.deliveryId === undefined || entry.deliveryId === deliveryId) return false
  return !(entry.delivered && entry.digest === digest)
}

function serialise(entries: ReadonlyMap<string, JournalEntry>): string {
  return `${JSON.stringify({ version: 1, paths: Object.fromEntries(entries) }, undefined, 1)}\n`
}

async function parseOrPutAside(path: string, bytes: Buffer, log: Logger): Promise<Map<string, JournalEntry>> {
  try {
    return parse(bytes)
  } catch (error) {
    log.warn({ path, err: error }, 'The journal of deliveries is damaged: it is put aside')
    await rename(path, `${path}.damaged`)
    return new Map()
  }
}

function parse(bytes: Buffer): Map<string, JournalEntry> {
  const { version, paths }: { version: number; paths: Record<string, Partial<JournalEntry>> } = JSON.parse(
    bytes.toString(),
  )
  if (version !== 1) throw new TypeError(`version ${version} is not known`)
  return new Map(Object.entries(paths).map(([name, entry]) => [name, checked(entry)]))
}

function checked({ digest, deliveryId, delivered, ...rest }: Partial<JournalEntry>): JournalEntry {
  if (typeof digest !== 'string') throw new TypeError('an entry has no digest')
  return { ...rest, digest, deliveryId, delivered: delivered === true }
}
