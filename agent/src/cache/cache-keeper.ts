// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  type CachedArtifact,
  type CacheLimits,
  type EvictionReason,
  planRoom,
  type RoomPlan,
  type Shortage,
} from '@patchswarm/swarm/cache'
import type { CacheUsage, Store, StoredArtifact } from '@patchswarm/swarm/store'
import type { Logger } from 'pino'

/** An artifact of this node as the keeper of the cache sees it. */
export interface Tenant {
  readonly key: string
  readonly name: string
  readonly opened: StoredArtifact | undefined
  /** A delivery of this node wants it. */
  readonly wanted: boolean
  /** It is not to leave: it is wanted, or this is a seeder, which has read it once. */
  readonly needed: boolean
  /** The tracker leaves the copy to others. */
  readonly spare: boolean
  /** The disk was too full for its chunks. */
  readonly stuck: boolean
  /** It leaves the cache at this moment. */
  readonly evicting: boolean
  /** What is to be fetched of it; undefined when nothing is. */
  readonly fetch: { readonly missing: number; readonly begun: boolean } | undefined
  /** Undefined: there is room. */
  setRoom(shortage: Shortage | undefined): void
  /** Marks it at once, then deletes what is here, unless it is wanted again by then. */
  evict(): Promise<boolean>
  /** Its file is gone from the disk. */
  restore(): Promise<void>
}

export interface KeeperParts {
  readonly store: Pick<Store, 'usage'>
  readonly tenants: () => Iterable<Tenant>
  /** Bytes that deliveries will still write on the file system of the cache, by artifact. */
  readonly besideCache: () => ReadonlyMap<string, number>
  /** Whether the tracker is connected and has said what it desires since: else nothing whole is given up. */
  readonly live: () => boolean
  /** What the tracker should hear of at once has changed. */
  readonly onChange: () => void
  readonly log: Logger
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

const NO_LIMITS: CacheLimits = { minSize: 0, maxSize: 0, minFree: 0, retentionMs: 0 }
const NOTHING: CacheUsage = { usedBytes: 0, freeBytes: 0, byArtifact: new Map(), lost: [] }
/** Others write to the disk too: it is looked at so often while something is fetched. */
const BUSY_MS = 5_000
const IDLE_MS = 30_000

/** Keeps the cache within the limits of the profile: says what may be fetched and deletes what has to go. */
export class CacheKeeper {
  readonly #parts: KeeperParts
  readonly #evictions = new Map<EvictionReason, number>()
  /** By key: chunks that it had received and sent when it was last looked at. */
  readonly #traffic = new Map<string, number>()
  #limits = NO_LIMITS
  #usage = NOTHING
  #refusal = ''
  #unwelcome: ReadonlySet<string> = new Set()
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #running: Promise<void> | undefined
  #again = false

  constructor(parts: KeeperParts) {
    this.#parts = parts
  }

  get limits(): CacheLimits {
    return this.#limits
  }

  /** As it was last measured. */
  get usage(): CacheUsage {
    return this.#usage
  }

  /** Why this node takes no artifacts, empty when it does. */
  get refusal(): string {
    return this.#refusal
  }

  /** Copies that have left since the program started, by reason. */
  get evictions(): ReadonlyMap<EvictionReason, number> {
    return this.#evictions
  }

  /** Without limits nothing leaves but what is past its use. */
  setLimits(limits: CacheLimits | undefined): void {
    this.#limits = limits ?? NO_LIMITS
  }

  /** What the tracker is told of this node's copy. */
  copyOf({ key, opened, spare, evicting }: Tenant): { kept: boolean; unwelcome: boolean } {
    const stays = !evicting && !(spare && this.#parts.live())
    return { kept: (opened?.complete ?? false) && stays, unwelcome: this.#unwelcome.has(key) }
  }

  /** Looks at the disk now, and again when it was asked meanwhile. */
  sweep(): Promise<void> {
    this.#again = true
    this.#running ??= this.#sweepAll().finally(() => {
      this.#running = undefined
      this.#schedule()
    })
    return this.#running
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#running
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#stopped) return
    const busy = [...this.#parts.tenants()].some(({ fetch }) => fetch !== undefined)
    this.#timer = setTimeout(() => void this.sweep(), busy ? BUSY_MS : IDLE_MS)
  }

  async #sweepAll(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false
      await this.#sweepOnce().catch((error: unknown) => {
        this.#parts.log.warn({ err: error }, 'the cache could not be looked at')
      })
    }
  }

  async #sweepOnce(): Promise<void> {
    const { store, tenants, onChange, now = Date.now } = this.#parts
    this.#usage = await store.usage()
    const all = [...tenants()]
    await this.#restore(all)
    this.#noteUses(all, now())
    const plan = this.#plan(all, now())
    const before = { refusal: this.#refusal, unwelcome: [...this.#unwelcome].join() }
    this.#refusal = plan.refusal
    // Those that go now are named too: the tracker must not choose them as keepers in between.
    this.#unwelcome = new Set([...plan.ask, ...plan.remove.map(({ key }) => key)].sort())
    const gone = await this.#evict(all, plan)
    for (const tenant of all) if (tenant.fetch) tenant.setRoom(plan.shortages.get(tenant.key))
    if (gone > 0 || before.refusal !== this.#refusal || before.unwelcome !== [...this.#unwelcome].join()) {
      onChange()
    }
    // What has gone has made room; how much, the disk says.
    if (gone > 0) this.#again = true
  }

  async #restore(all: readonly Tenant[]): Promise<void> {
    for (const tenant of all) {
      if (!this.#usage.lost.includes(tenant.key)) continue
      this.#parts.log.warn({ artifact: tenant.name }, 'the file in the cache was deleted or replaced')
      await tenant.restore()
    }
  }

  /** Used is what a delivery wants and what has come or gone since it was last looked at. */
  #noteUses(all: readonly Tenant[], now: number): void {
    for (const { key, opened, wanted } of all) {
      if (opened === undefined) continue
      const traffic = opened.counters.bytesToPeers + opened.counters.chunksVerified
      if (wanted || traffic !== (this.#traffic.get(key) ?? traffic)) opened.touch(now)
      this.#traffic.set(key, traffic)
    }
    const keys = new Set(all.map(({ key }) => key))
    for (const key of this.#traffic.keys()) if (!keys.has(key)) this.#traffic.delete(key)
  }

  #plan(all: readonly Tenant[], now: number): RoomPlan {
    const live = this.#parts.live()
    const artifacts = all.flatMap(({ key, opened, needed, spare, stuck }): CachedArtifact[] => {
      const bytes = this.#usage.byArtifact.get(key) ?? 0
      // The folder of an artifact that was only named takes no room to speak of.
      if (opened === undefined || (opened.chunksHeld === 0 && !stuck)) return []
      const { complete, usedAt } = opened
      return [{ key, bytes, complete, lastUsedAt: usedAt, needed, spare: live && spare, stuck }]
    })
    const left = new Map(this.#parts.besideCache())
    const fetches = all.flatMap(({ key, fetch }) => {
      if (fetch === undefined) return []
      const beside = left.get(key) ?? 0
      left.delete(key)
      return [{ key, ...fetch, beside }]
    })
    const beside = [...left.values()].reduce((sum, bytes) => sum + bytes, 0)
    return planRoom({ artifacts, fetches, beside, disk: this.#usage, limits: this.#limits, now })
  }

  /** All are marked in the same turn in which it was decided: what is reported from then on does not count on them. */
  async #evict(all: readonly Tenant[], { remove }: RoomPlan): Promise<number> {
    const gone = await Promise.all(
      remove.map(async ({ key, reason }) => {
        const tenant = all.find((one) => one.key === key)
        if (!(await tenant?.evict())) return false
        this.#parts.log.info({ artifact: tenant?.name, reason }, 'evicted from the cache')
        this.#evictions.set(reason, (this.#evictions.get(reason) ?? 0) + 1)
        return true
      }),
    )
    return gone.filter((one) => one).length
  }
}
