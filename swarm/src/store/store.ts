// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mkdir, readdir, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { swarmKey } from '../manifest/swarm-id.ts'
import { FileArtifact } from './artifact.ts'
import { diskUsage } from './disk-usage.ts'
import { asNoSpace, syncDirectory } from './durable.ts'
import { ArtifactClosedError } from './errors.ts'
import type { CacheUsage, Store, StoredArtifact } from './types.ts'

export interface StoreOptions {
  readonly log: Logger
  /** Milliseconds between two syncs of all artifacts; bounds what a power cut (not a kill) costs. Default 5000. */
  readonly syncIntervalMs?: number
}

const SYNC_INTERVAL_MS = 5000
const KEY = /^[0-9a-f]{64}$/
/** Artifacts that are being deleted: one that a crash left is deleted at the next start. */
const REMOVED = '.removed'

/** Opens the cache directory with every artifact in it, making it when it is not there. One store a directory. */
export async function openStore(directory: string, options: StoreOptions): Promise<Store> {
  const artifacts = join(directory, 'artifacts')
  await mkdir(artifacts, { recursive: true, mode: 0o700 })
  const store = new FileStore(artifacts, options)
  try {
    await store.openAll()
  } catch (error) {
    await store.close()
    throw error
  }
  return store
}

class FileStore implements Store {
  readonly #directory: string
  readonly #log: Logger
  readonly #opening = new Map<string, Promise<FileArtifact>>()
  readonly #artifacts = new Map<string, FileArtifact>()
  readonly #timer: NodeJS.Timeout
  #closed = false

  constructor(directory: string, { log, syncIntervalMs = SYNC_INTERVAL_MS }: StoreOptions) {
    this.#directory = directory
    this.#log = log
    this.#timer = setInterval(() => void this.#syncAll(), syncIntervalMs)
    this.#timer.unref()
  }

  async openAll(): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      if (KEY.test(name)) await this.open(Buffer.from(name, 'hex'))
      else if (name.endsWith(REMOVED)) await rm(join(this.#directory, name), { recursive: true, force: true })
    }
  }

  async open(swarmId: Uint8Array): Promise<StoredArtifact> {
    if (this.#closed) throw new ArtifactClosedError('The store is closed')
    const key = swarmKey(swarmId)
    if (!KEY.test(key)) throw new TypeError(`A swarm ID has 32 bytes, not ${swarmId.length}`)
    const known = this.#opening.get(key)
    if (known !== undefined) return known
    return this.#enter(key, () =>
      FileArtifact.open(Uint8Array.from(swarmId), join(this.#directory, key), this.#log),
    )
  }

  async reopen(swarmId: Uint8Array): Promise<StoredArtifact> {
    const before = await this.open(swarmId)
    const artifact = this.#artifacts.get(before.key)
    if (artifact === undefined) return before
    return this.#enter(before.key, async () => {
      await artifact.close()
      // The state speaks of the file that was open.
      await rm(artifact.files.state, { force: true })
      const opened = await FileArtifact.open(artifact.swarmId, artifact.files.directory, this.#log)
      // They go on: counters that begin again look to who remembers them as if nothing had come.
      Object.assign(opened.counters, artifact.counters)
      return opened
    })
  }

  async #enter(key: string, open: () => Promise<FileArtifact>): Promise<FileArtifact> {
    const opening = open()
    this.#opening.set(key, opening)
    try {
      const artifact = await opening
      this.#artifacts.set(key, artifact)
      return artifact
    } catch (error) {
      this.#opening.delete(key)
      throw asNoSpace(error, this.#directory)
    }
  }

  list(): readonly StoredArtifact[] {
    return [...this.#artifacts.values()]
  }

  async remove(swarmId: Uint8Array): Promise<void> {
    const key = swarmKey(swarmId)
    const artifact = await this.#opening.get(key)?.catch(() => undefined)
    this.#artifacts.delete(key)
    this.#opening.delete(key)
    if (artifact === undefined) return
    await artifact.close()
    const doomed = `${artifact.files.directory}${REMOVED}`
    await rename(artifact.files.directory, doomed)
    await syncDirectory(this.#directory)
    await rm(doomed, { recursive: true, force: true })
  }

  async usage(): Promise<CacheUsage> {
    const artifacts = [...this.#artifacts.values()]
    const usages = await Promise.all(artifacts.map(({ files, inode }) => diskUsage(files, inode)))
    const byArtifact = new Map(artifacts.map(({ key }, at) => [key, usages[at]?.bytes ?? 0]))
    const { bavail, bsize } = await statfs(this.#directory)
    return {
      usedBytes: usages.reduce((sum, { bytes }) => sum + bytes, 0),
      freeBytes: bavail * bsize,
      byArtifact,
      // Those that were removed or opened anew meanwhile have lost nothing.
      lost: artifacts
        .filter((one, at) => usages[at]?.lost && this.#artifacts.get(one.key) === one)
        .map(({ key }) => key),
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    await Promise.allSettled(this.#opening.values())
    await Promise.all([...this.#artifacts.values()].map((artifact) => artifact.close()))
    this.#artifacts.clear()
    this.#opening.clear()
  }

  async #syncAll(): Promise<void> {
    for (const artifact of this.#artifacts.values()) {
      await artifact.sync().catch((error: unknown) => {
        this.#log.warn(
          { artifact: artifact.key, err: error },
          'Could not sync an artifact; it is tried again',
        )
      })
    }
  }
}
