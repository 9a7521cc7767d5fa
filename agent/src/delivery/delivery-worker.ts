// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import {
  CacheFileError,
  DeliveryError,
  type DeliveryJournal,
  DigestMismatchError,
  findLanding,
  type Roots,
} from '@patchswarm/swarm/delivery'
import type { StoredArtifact } from '@patchswarm/swarm/store'
import type { Delivery } from '@patchswarm/swarm/tracker'
import type { Logger } from 'pino'
import type { ArtifactWorker } from '../artifact/artifact-worker.ts'
import { storeFailure } from '../artifact/setbacks.ts'
import { type Baseline, type Baselines, type BytesBySource, bytesSince } from './baselines.ts'
import { bring, tidy } from './bring.ts'
import { type DeliveryView, deliveryView, type Outcome } from './delivery-view.ts'
import type { Landings } from './landings.ts'

export interface DeliveryParts {
  roots: Roots
  journal: DeliveryJournal
  baselines: Baselines
  landings: Landings
  log: Logger
  /** Something ended: the report should go out at once. */
  onEnd(): void
}

const RETRY_MS = 2_000
const TRIES = 5
/** A full disk is given this long to get room before the node counts as failed. */
const TROUBLE_PATIENCE_MS = 20_000

/**
 * Brings one artifact under its name on this node, once. Copies what is there while the rest is fetched, so that at the end
 * little is left to be copied and hashed.
 */
export class DeliveryWorker {
  readonly #parts: DeliveryParts
  readonly #artifact: ArtifactWorker
  readonly #log: Logger
  readonly #stopped = new AbortController()
  #wish: Delivery
  #baseline: Baseline | undefined
  #outcome: Outcome | undefined
  #delivering: Promise<void> | undefined
  #checked = 0
  #started = false
  /** What is being copied, and the end of that. */
  #source: { stored: StoredArtifact; abort: AbortController } | undefined
  readonly #unsubscribe: () => void

  constructor(parts: DeliveryParts, artifact: ArtifactWorker, wish: Delivery) {
    this.#parts = parts
    this.#artifact = artifact
    this.#wish = wish
    this.#log = parts.log.child({ delivery: wish.id, job: wish.job })
    this.#unsubscribe = artifact.onChange(() => this.#advance())
  }

  /** Looks whether it can be delivered at all, before a byte of it is fetched. */
  async prepare(now: number): Promise<void> {
    const { id, method } = this.#wish
    const { roots, landings, baselines } = this.#parts
    try {
      this.#baseline = await baselines.of(id, await this.#artifact.stored(), now)
      if (method === 'CacheOnly') return
      const landing = await findLanding({ ...this.#wish, size: this.#artifact.account.view().size, roots })
      landings.reserve(id, this.#artifact.tenant.key, landing, method === 'Copy')
    } catch (error) {
      this.#fail(error)
    }
  }

  start(): void {
    this.#started = true
    this.#advance()
  }

  get failed(): boolean {
    return this.#outcome?.state === 'Failed'
  }

  update(wish: Delivery): void {
    this.#wish = wish
    this.#advance()
  }

  async stop(): Promise<void> {
    this.#unsubscribe()
    this.#stopped.abort(new Error('the delivery is not wanted any more'))
    this.#parts.landings.release(this.#wish.id)
    await this.#delivering
  }

  view(): DeliveryView {
    const { account, holding, swarm } = this.#artifact
    return deliveryView({
      id: this.#wish.id,
      suspended: this.#wish.suspended,
      artifact: account.view(),
      verifying: this.#delivering !== undefined && holding.whole,
      outcome: this.#outcome,
      bytes: this.#bytes(),
      startedAt: this.#baseline?.startedAt ?? 0,
      usefulPeers: swarm?.usefulPeers ?? 0,
      bytesChecked: this.#checked,
    })
  }

  #bytes(): BytesBySource {
    const artifact = this.#artifact.opened
    if (artifact === undefined || this.#baseline === undefined) return { origin: 0, peers: 0, cache: 0 }
    return bytesSince(artifact, this.#baseline)
  }

  /** Level-triggered: begins when it is known what is to come, ends when the cache cannot be filled. */
  #advance(): void {
    if (this.#outcome || this.#wish.suspended || this.#stopped.signal.aborted) return
    if (!this.#started) return
    const { state, reason, message, troubleSince = Infinity } = this.#artifact.account.view()
    const { whole, opened: stored } = this.#artifact.holding
    const hopeless = state === 'Failed' || Date.now() - troubleSince > TROUBLE_PATIENCE_MS
    if (hopeless) this.#end({ state: 'Failed', reason, message, finishedAt: Date.now() })
    if (hopeless || (this.#source !== undefined && this.#source.stored !== stored)) {
      this.#source?.abort.abort(new Error('what was being copied is not there any more'))
    }
    if (hopeless || this.#delivering !== undefined || stored === undefined) return
    const mayFollow = this.#wish.method !== 'CacheOnly' && state === 'Fetching' && stored.chunks > 0
    if (!whole && !mayFollow) return
    this.#delivering = this.#deliver(stored, !whole).finally(() => {
      this.#delivering = undefined
      this.#source = undefined
      this.#advance()
    })
  }

  /** @param follows what is being fetched is copied meanwhile */
  async #deliver(stored: StoredArtifact, follows: boolean): Promise<void> {
    const abort = new AbortController()
    this.#source = { stored, abort }
    const signal = AbortSignal.any([this.#stopped.signal, abort.signal])
    let grows = follows
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#bring(stored, grows, signal)
        return
      } catch (error) {
        // Given up, it says nothing of the target: when something comes again, it begins anew.
        if (signal.aborted || stored.chunks === 0) return
        // A chunk may have been dropped and come anew after it was copied: that says nothing of what is here now.
        if (grows && isOfOtherBytes(error)) grows = false
        else if (await this.#endsWith(error, attempt)) return
      }
    }
  }

  async #bring(stored: StoredArtifact, follows: boolean, signal: AbortSignal): Promise<void> {
    const { roots, journal, landings } = this.#parts
    const { digest } = this.#artifact.wish
    const wish = this.#wish
    const onProgress = (bytes: number): void => {
      this.#checked = bytes
      landings.written(wish.id, bytes)
    }
    const { path, sha256 } = await bring({
      wish,
      stored,
      digest,
      roots,
      journal,
      follows,
      signal,
      onProgress,
    })
    await tidy({ wish: this.#wish, roots, journal, signal }, path, this.#log)
    this.#end({ state: 'Delivered', path, sha256, finishedAt: Date.now(), bytes: this.#bytes() })
    await this.#adopt()
  }

  /**
   * The file is there whatever becomes of this. A process that is killed before finds out again, and after an error the
   * manifest is adopted when the tracker names its root.
   */
  async #adopt(): Promise<void> {
    try {
      await this.#artifact.holding.prove()
    } catch (error) {
      this.#log.warn({ err: error }, 'what was delivered could not be written down as the whole')
    }
  }

  /** @returns false after a while when the same may be tried again */
  async #endsWith(error: unknown, attempt: number): Promise<boolean> {
    if (await this.#isFetchedAnew(error)) return true
    if (error instanceof DeliveryError || attempt === TRIES) {
      this.#fail(error)
      return true
    }
    this.#log.warn({ err: error, attempt }, 'delivery will be tried again')
    await sleep(RETRY_MS, undefined, { signal: this.#stopped.signal }).catch(() => {})
    return false
  }

  /** The bytes that were to be delivered are wrong: they are dropped. */
  async #isFetchedAnew(error: unknown): Promise<boolean> {
    if (error instanceof DigestMismatchError && (await this.#artifact.holding.refute())) return true
    return isOfOtherBytes(error) && (await this.#artifact.distrust())
  }

  #fail(error: unknown): void {
    const { reason, message } = error instanceof DeliveryError ? error : storeFailure(error)
    this.#end({ state: 'Failed', reason, message, finishedAt: Date.now() })
  }

  #end(outcome: Outcome): void {
    this.#outcome = outcome
    this.#parts.landings.release(this.#wish.id)
    this.#log.info(outcome, outcome.state === 'Delivered' ? 'delivered' : 'delivery failed')
    this.#parts.onEnd()
  }
}

const isOfOtherBytes = (error: unknown): boolean =>
  error instanceof DigestMismatchError || error instanceof CacheFileError
