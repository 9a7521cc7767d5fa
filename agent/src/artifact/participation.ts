// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Exchange, JoinedSwarm, SwarmStatistics } from '@patchswarm/swarm/exchange'
import type { StoredArtifact } from '@patchswarm/swarm/store'
import type { Artifact, Peer } from '@patchswarm/swarm/tracker'

export interface ParticipationListener {
  /** A chunk came. */
  onProgress(): void
  onComplete(): void
  /** The store refuses chunks; the swarm rests and tries again. */
  onStoreError(error: Error): void
}

/** The part that this node takes in the swarm of one artifact, or none. */
export class Participation {
  readonly #exchange: Exchange
  readonly #role: 'agent' | 'seeder'
  readonly #listener: ParticipationListener
  #peers: readonly Peer[] = []
  #joined: JoinedSwarm | undefined
  #left: (() => void) | undefined

  constructor(exchange: Exchange, role: 'agent' | 'seeder', listener: ParticipationListener) {
    this.#exchange = exchange
    this.#role = role
    this.#listener = listener
  }

  get joined(): JoinedSwarm | undefined {
    return this.#joined
  }

  /** Counted since it was joined. */
  get statistics(): SwarmStatistics | undefined {
    return this.#joined?.statistics()
  }

  get usefulPeers(): number {
    return this.statistics?.usefulPeers ?? 0
  }

  setPeers(peers: readonly Peer[]): void {
    this.#peers = peers
    this.#joined?.setPeers(peers)
  }

  /** Takes part from now on, or goes on doing so with what is known of the artifact by now. */
  join(artifact: StoredArtifact, { cid }: Artifact): void {
    if (this.#joined) {
      if (cid !== '') this.#joined.expect(cid)
      return
    }
    const { onProgress, onComplete, onStoreError } = this.#listener
    this.#joined = this.#exchange.join({
      artifact,
      role: artifact.complete || reads(artifact) ? this.#role : 'agent',
      expectedCid: artifact.manifest?.cid ?? cid,
      onProgress,
      onComplete,
      onStoreError,
    })
    this.#left = () => this.#exchange.leave(artifact.swarmId)
    this.#joined.setPeers(this.#peers)
  }

  leave(): void {
    this.#left?.()
    this.#left = undefined
    this.#joined = undefined
  }

  rest(suspended: boolean): void {
    if (suspended) this.#joined?.suspend()
    else this.#joined?.resume()
  }
}

/** This node takes it from the origin, and has what it has read so far. */
export const reads = ({ growing }: StoredArtifact): boolean => growing?.ownGeneration !== undefined
