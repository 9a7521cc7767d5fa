// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Identity } from '@patchswarm/swarm/identity'
import type { RevokedNodes } from '@patchswarm/swarm/membership'
import {
  createTrackerClient,
  type DesiredState,
  type Peer,
  protocolVersion,
  readMemory,
  type TrackerClient,
  type TrackerMemory,
  writeMemory,
} from '@patchswarm/swarm/tracker'
import type { Logger } from 'pino'
import { keyOf } from '../artifact-key.ts'
import type { Config } from '../config.ts'

const SAVE_DELAY_MS = 200

export interface TrackerLinkParts {
  config: Config
  identity: Identity
  /** Multiaddrs at which other peers reach this one. */
  addresses: () => string[]
  log: Logger
}

export interface TrackerListener {
  /** `live`: said by a tracker just now, not remembered: what it does not list may be given up. */
  onDesired(desired: DesiredState, live: boolean): void
  onPeers(peers: ReadonlyMap<string, readonly Peer[]>): void
  onRevoked(revoked: RevokedNodes): void
  /** Another node has this node's key. */
  onIdentityInUse(): void
}

/** The connection to the tracker and what is remembered of it, so that work goes on while the tracker is away. */
export class TrackerLink {
  readonly client: TrackerClient
  /** What is remembered. */
  readonly file: string
  readonly #trackerPeerIds: readonly string[]
  readonly #memory: TrackerMemory
  readonly #log: Logger
  #saving: NodeJS.Timeout | undefined
  #live = false
  #write: Promise<void> = Promise.resolve()

  private constructor(parts: TrackerLinkParts, file: string, memory: TrackerMemory) {
    const { config, identity, addresses, log } = parts
    this.file = file
    this.#trackerPeerIds = config.trackerPeerIds
    this.#memory = memory
    this.#log = log
    this.client = createTrackerClient(
      { identity, log },
      {
        trackerPeerIds: config.trackerPeerIds,
        addresses: config.trackerAddresses,
        lastEpoch: memory.epoch,
        // The token is read for every connection: the kubelet renews it.
        hello: async () => ({
          protocolVersion,
          agentVersion: config.version,
          role: config.role,
          profile: config.profile,
          token: (await readFile(config.tokenFile, 'utf8')).trim(),
          addresses: addresses(),
        }),
      },
    )
  }

  static async open(parts: TrackerLinkParts): Promise<TrackerLink> {
    const file = join(parts.config.cacheDirectory, 'tracker.json')
    return new TrackerLink(parts, file, await readMemory(file, parts.config.trackerPeerIds))
  }

  get membership(): Uint8Array {
    return this.#memory.membership
  }

  /** Whether the tracker that is connected has said what it desires: what it leaves to this node holds no longer. */
  get live(): boolean {
    return this.#live
  }

  /** Tells what was remembered, then connects and tells what is new. */
  start(listener: TrackerListener): void {
    const { client } = this
    client.onWelcome(({ membership, site }) => {
      this.#forgetUnlisted()
      this.#keep({ membership, site, epoch: client.status.epoch })
    })
    client.onStatus(({ connected }) => {
      if (!connected) this.#live = false
    })
    client.onDesired((desired) => {
      this.#live = true
      this.#keep({ desired, epoch: client.status.epoch })
      listener.onDesired(desired, true)
    })
    client.onPeers((message) => {
      this.#memory.peers.set(keyOf(message), message.peers)
      this.#keep({})
      listener.onPeers(this.#memory.peers)
    })
    client.onRevoked((revoked) => {
      this.#keep({ revoked })
      listener.onRevoked(revoked)
    })
    client.onRefused(({ reason }) => {
      if (reason === 'IdentityInUse') listener.onIdentityInUse()
    })
    listener.onRevoked(this.#memory.revoked)
    listener.onPeers(this.#memory.peers)
    if (this.#memory.desired && !this.#memory.desired.wipe) listener.onDesired(this.#memory.desired, false)
    client.start()
  }

  async stop(): Promise<void> {
    await this.client.stop()
    clearTimeout(this.#saving)
    this.#save()
    await this.#write
  }

  #keep(news: Partial<TrackerMemory>): void {
    Object.assign(this.#memory, news)
    this.#saving ??= setTimeout(() => this.#save(), SAVE_DELAY_MS)
  }

  /**
   * Not while connected: of an artifact that is listed again the tracker sends only a list that differs from the last one on
   * this connection.
   */
  #forgetUnlisted(): void {
    const { desired, peers } = this.#memory
    const listed = new Set(desired?.artifacts.map(keyOf))
    for (const key of [...peers.keys()]) if (!listed.has(key)) peers.delete(key)
  }

  #save(): void {
    this.#saving = undefined
    this.#write = this.#write
      .then(() => writeMemory(this.file, this.#trackerPeerIds, this.#memory))
      .catch((error) => this.#log.warn({ err: error }, 'what the tracker said could not be kept'))
  }
}
