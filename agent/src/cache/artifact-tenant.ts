// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Shortage } from '@patchswarm/swarm/cache'
import type { StoredArtifact } from '@patchswarm/swarm/store'
import type { Artifact } from '@patchswarm/swarm/tracker'
import { keyOf } from '../artifact-key.ts'
import type { Failure } from '../failure.ts'
import type { Tenant } from './cache-keeper.ts'

/** What an artifact does for the keeper of the cache. */
export interface Host {
  readonly role: 'agent' | 'seeder'
  readonly wish: () => Artifact
  readonly opened: () => StoredArtifact | undefined
  /** The disk is too full for its chunks. */
  readonly stuck: () => boolean
  /** Whether it may be fetched is another now, or asked again. */
  readonly onRoom: (changed: boolean) => void
  /** Deletes what is here unless it is needed. @returns whether it did */
  readonly drop: () => Promise<boolean>
  readonly reopen: () => Promise<void>
}

/** The place that one artifact has in the cache, and whether more of it may come. */
export class ArtifactTenant implements Tenant {
  readonly #host: Host
  /** Undefined before the keeper has looked. */
  #room: 'given' | (Shortage & { since: number }) | undefined
  #evicting = false

  constructor(host: Host) {
    this.#host = host
  }

  get key(): string {
    return keyOf(this.#host.wish())
  }

  get name(): string {
    return this.#host.wish().name
  }

  get opened(): StoredArtifact | undefined {
    return this.#host.opened()
  }

  get wanted(): boolean {
    return this.#host.wish().wanted
  }

  get needed(): boolean {
    return this.#host.role === 'seeder' || this.wanted
  }

  get spare(): boolean {
    return this.#host.wish().spare
  }

  get stuck(): boolean {
    return this.#host.stuck()
  }

  get evicting(): boolean {
    return this.#evicting
  }

  get fetch(): Tenant['fetch'] {
    const { opened } = this
    if (this.#host.role === 'seeder' || !this.wanted || opened?.complete) return undefined
    const size = opened?.manifest?.size ?? opened?.growing?.size ?? this.#host.wish().size
    const held = opened?.bytesHeld ?? 0
    return { missing: Math.max(0, size - held), begun: this.#room === 'given' || held > 0 }
  }

  /** Whether chunks may be fetched now. A seeder keeps all that there is. */
  get mayFetch(): boolean {
    return this.#host.role === 'seeder' || this.#room === 'given'
  }

  /** Why not; undefined while it may, or while that is not known. */
  get shortage(): (Failure & { since: number; final: boolean }) | undefined {
    if (this.#room === undefined || this.#room === 'given') return undefined
    return { reason: 'InsufficientDisk', ...this.#room }
  }

  setRoom(shortage: Shortage | undefined): void {
    const before = this.#room
    const since = this.shortage?.since ?? Date.now()
    this.#room = shortage ? { ...shortage, since } : 'given'
    this.#host.onRoom((before === 'given') !== (this.#room === 'given'))
  }

  /** Nothing is to be fetched: the next time is decided anew. */
  forgetRoom(): void {
    this.#room = undefined
  }

  async evict(): Promise<boolean> {
    this.#evicting = true
    try {
      return await this.#host.drop()
    } finally {
      this.#evicting = false
    }
  }

  restore(): Promise<void> {
    return this.#host.reopen()
  }
}
