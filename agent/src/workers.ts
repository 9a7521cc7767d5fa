// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { removeTemporaries } from '@patchswarm/swarm/delivery'
import type { Artifact, Delivery, DesiredState, Peer } from '@patchswarm/swarm/tracker'
import { type ArtifactParts, ArtifactWorker } from './artifact/artifact-worker.ts'
import { keyOf } from './artifact-key.ts'
import { type DeliveryParts, DeliveryWorker } from './delivery/delivery-worker.ts'

export interface WorkersParts extends ArtifactParts, DeliveryParts {}

/** The workers of every artifact and delivery, brought in line with what the tracker desires, one state after another. */
export class Workers {
  readonly artifacts = new Map<string, ArtifactWorker>()
  readonly deliveries = new Map<string, DeliveryWorker>()
  readonly #parts: WorkersParts
  #peers: ReadonlyMap<string, readonly Peer[]> = new Map()
  #turn: Promise<void> = Promise.resolve()
  #wiped = false
  #revision = 0

  constructor(parts: WorkersParts) {
    this.#parts = parts
  }

  /** True when all is removed because the profile goes away. */
  get wiped(): boolean {
    return this.#wiped
  }

  /** Of the desired state that the workers act by; 0 before a tracker has said one. */
  get revision(): number {
    return this.#revision
  }

  setPeers(peers: ReadonlyMap<string, readonly Peer[]>): void {
    this.#peers = peers
    for (const [key, worker] of this.artifacts) worker.setPeers(peers.get(key) ?? [])
  }

  /**
   * Safe to call with the same state again. Errors of one artifact are that worker's; what fails here is logged.
   * What a remembered state (not `live`) does not list is kept: it may have been listed after that was written down.
   */
  desire(desired: DesiredState, live: boolean): Promise<void> {
    this.#turn = this.#turn
      .then(async () => {
        if (desired.wipe) return this.#wipe()
        if (live) await this.#giveUp(desired)
        await this.#carryOut(desired)
        // Not before: whoever reads the revision in a report counts on it that all of this is known.
        if (live) this.#revision = desired.revision
      })
      .catch((error) => this.#parts.log.error({ err: error }, 'the desired state could not be carried out'))
    return this.#turn
  }

  /** Stops everything; what is on disk stays. */
  async stop(): Promise<void> {
    await this.#turn
    await Promise.all([...this.deliveries.values()].map((worker) => worker.stop()))
    await Promise.all([...this.artifacts.values()].map((worker) => worker.stop()))
  }

  async #wipe(): Promise<void> {
    await this.#dropDeliveries(new Set())
    for (const stored of this.#parts.store.list()) await this.#dropArtifact(stored.key)
    this.#wiped = true
    this.#parts.onEnd()
  }

  async #giveUp({ artifacts, deliveries }: DesiredState): Promise<void> {
    const listed = new Set(artifacts.map(keyOf))
    await this.#dropDeliveries(new Set(deliveries.map(({ id }) => id)))
    for (const { key } of [...this.#parts.store.list()]) {
      if (!listed.has(key)) await this.#orLog(this.#dropArtifact(key))
    }
  }

  async #carryOut({ artifacts, deliveries }: DesiredState): Promise<void> {
    this.#wiped = false
    for (const wish of artifacts) this.#workerOf(wish)
    for (const wish of deliveries) await this.#prepare(wish)
    await Promise.all(artifacts.map((wish) => this.#hold(this.#unlessHopeless(wish, deliveries))))
    for (const { id } of deliveries) this.deliveries.get(id)?.start()
  }

  /** Before a byte moves: chunks may come at once, from a seeder that still reads, and are that delivery's traffic. */
  async #prepare(wish: Delivery): Promise<void> {
    const artifact = this.artifacts.get(keyOf(wish))
    const running = this.deliveries.get(wish.id)
    if (running) return running.update(wish)
    if (artifact === undefined) return
    const worker = new DeliveryWorker(this.#parts, artifact, wish)
    this.deliveries.set(wish.id, worker)
    await worker.prepare(Date.now())
  }

  /** What none of its deliveries can use is not fetched. */
  #unlessHopeless(wish: Artifact, deliveries: readonly Delivery[]): Artifact {
    const workers = deliveries
      .filter((one) => keyOf(one) === keyOf(wish))
      .map(({ id }) => this.deliveries.get(id))
    const hopeless = workers.length > 0 && workers.every((worker) => worker?.failed)
    return hopeless ? { ...wish, wanted: false } : wish
  }

  #workerOf(wish: Artifact): ArtifactWorker {
    const key = keyOf(wish)
    const worker = this.artifacts.get(key) ?? new ArtifactWorker(this.#parts, wish)
    this.artifacts.set(key, worker)
    return worker
  }

  async #hold(wish: Artifact): Promise<void> {
    const worker = this.#workerOf(wish)
    worker.setPeers(this.#peers.get(keyOf(wish)) ?? [])
    await worker.update(wish)
  }

  async #dropDeliveries(listed: ReadonlySet<string>): Promise<void> {
    for (const [id, worker] of this.deliveries) {
      if (listed.has(id)) continue
      this.deliveries.delete(id)
      await worker.stop()
    }
    const { journal, roots } = this.#parts
    await this.#orLog(journal.retain(listed))
    await this.#orLog(removeTemporaries(journal, roots))
    await this.#orLog(this.#parts.baselines.retain(listed))
  }

  /** A disk that is full has to get room by what comes after this. */
  #orLog(step: Promise<unknown>): Promise<unknown> {
    return step.catch((error) => this.#parts.log.error({ err: error }, 'what is not listed stays for now'))
  }

  async #dropArtifact(key: string): Promise<void> {
    const worker = this.artifacts.get(key)
    this.artifacts.delete(key)
    if (worker) await worker.remove()
    else await this.#parts.store.remove(Buffer.from(key, 'hex'))
  }
}
