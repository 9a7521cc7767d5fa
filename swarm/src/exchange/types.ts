// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Stream } from '@libp2p/interface'
import type { Logger } from 'pino'
import type { ExchangeLimits } from '../limits/index.ts'
import type { Membership } from '../membership/index.ts'
import type { StoredArtifact } from '../store/index.ts'
import type { BufferPool } from './buffer-pool.ts'
import type { Candidate } from './connector.ts'
import type { Hello } from './errors.ts'

/** What the exchange needs of a node. */
export interface StreamNode {
  readonly peerId: string
  openStream(peer: Candidate, protocol: string, signal: AbortSignal): Promise<Stream>
  /** Calls `onStream` for every stream that a peer opens. */
  handle(protocol: string, onStream: (stream: Stream, peerId: string) => void): Promise<void>
  unhandle(protocol: string): Promise<void>
  /** Closes every connection to the peer. */
  disconnect(peerId: string): Promise<void>
}

export type SwarmRole = 'seeder' | 'agent'

export interface JoinOptions {
  readonly artifact: StoredArtifact
  readonly role: SwarmRole
  /** Root CID: no other manifest is taken from peers. Without it (yet) only signed parts of one are. */
  readonly expectedCid?: string
  /** Chunks became held, wherever from. */
  readonly onProgress?: () => void
  /** The artifact is whole. Called once. */
  readonly onComplete?: () => void
  /** A chunk could not be stored (NoSpaceError): the swarm rests a few seconds, then tries again. */
  readonly onStoreError?: (error: Error) => void
}

/** One swarm at one moment; rates in bytes a second, bytes since it was joined. */
export interface SwarmStatistics {
  readonly peers: number
  /** Peers that hold a chunk this node lacks, or deal. */
  readonly usefulPeers: number
  readonly rateDown: number
  readonly rateUp: number
  readonly bytesDown: number
  readonly bytesUp: number
  /** Of those that came, from other sites. */
  readonly bytesAcross: number
  readonly chunksRefused: number
  readonly chunksDuplicate: number
  /** Accepted or dealt to peers, and not arrived there yet. */
  readonly chunksToSend: number
  /** Asked for or being dealt to this node, and not whole yet. */
  readonly chunksInFlight: number
  /** Whole, and being hashed or written. */
  readonly chunksVerifying: number
  readonly suspended: boolean
  readonly dealing: boolean
  /** The last refusal by or of a peer, for people. */
  readonly lastRefusal: string | undefined
}

export interface SwarmPeerView {
  readonly peerId: string
  readonly node: string
  readonly role: string
  readonly chunks: number
  /** Verified payload that came over this session. */
  readonly bytesDown: number
}

/** What a swarm needs of the exchange it is part of. */
export interface SwarmHost {
  readonly selfId: string
  readonly node: StreamNode
  readonly log: Logger
  readonly pool: BufferPool
  /** Every artifact on this node's disk. */
  readonly stored: () => readonly StoredArtifact[]
  readonly now: () => number
  readonly random: () => number
  /** Of this node, over all swarms. */
  readonly limits: ExchangeLimits
  membership(): Uint8Array
  maxPeers(): number
  readonly sign: (bytes: Uint8Array) => Uint8Array
  /** Who somebody is that is not at the other end itself. @throws MembershipError */
  verifyMember(membership: Uint8Array): Membership
  /** @throws RefusedError */
  checkHello(hello: Hello, peerId: string): Membership
  /** Counts against the peer; two drop it from every swarm. */
  strike(peerId: string, why: string): void
  readonly isQuarantined: (peerId: string) => boolean
  /** Bytes on disk were wrong: hashes the artifact again. */
  readonly doubt: (artifact: StoredArtifact) => Promise<void>
}
