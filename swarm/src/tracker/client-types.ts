// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { MessageInitShape } from '@bufbuild/protobuf'
import type { Logger } from 'pino'
import type { Identity } from '../identity/types.ts'
import type { RevokedNodes } from '../membership/revoked-nodes.ts'
import type {
  ArtifactReportSchema,
  CacheReportSchema,
  DeliveryReportSchema,
  DesiredState,
  Peers,
  RootReportSchema,
  Welcome,
} from '../proto/tracker_pb.ts'
import type { RefusedError } from './errors.ts'

export interface HelloInit {
  /** What the program understands of what it may be asked. */
  readonly protocolVersion: number
  readonly agentVersion: string
  readonly role: 'agent' | 'seeder'
  readonly profile: string
  readonly token: string
  /** Multiaddrs at which other peers reach this one. */
  readonly addresses: string[]
}
/** Everything of a Report but its number. */
export interface ReportInit {
  readonly desiredRevision: number
  readonly artifacts: MessageInitShape<typeof ArtifactReportSchema>[]
  readonly deliveries: MessageInitShape<typeof DeliveryReportSchema>[]
  readonly cache?: MessageInitShape<typeof CacheReportSchema>
  readonly roots?: MessageInitShape<typeof RootReportSchema>[]
  readonly wiped?: boolean
  /** IDs of guards whose file is gone or another one. */
  readonly changed?: string[]
  readonly peers?: number
}

export interface TrackerClientComponents {
  readonly identity: Identity
  readonly log: Logger
  /** In [0, 1): spreads reconnects. */
  readonly random?: () => number
}

export interface TrackerClientInit {
  /** The operator's peer ID, two while its key is changed: whoever else answers is refused and gets no token. */
  readonly trackerPeerIds: readonly string[]
  /** host:port, tried in turn; a name that stands for several addresses is tried at each. */
  readonly addresses: readonly string[]
  /** Where connections come from; the system chooses when left out. For many clients of one machine, of which a tracker limits the number. */
  readonly localAddress?: string
  /** Called for every connection, so that a renewed token is read. */
  readonly hello: () => Promise<HelloInit> | HelloInit
  /** The highest lease epoch seen from this tracker before (kept on disk by the agent). */
  readonly lastEpoch?: number
  /** Reconnecting: full jitter up to a bound that doubles from baseMs (500) to capMs (15,000). */
  readonly backoff?: { baseMs: number; capMs: number }
  /** Milliseconds after which a connection is made anew, with a new membership; 8 hours by default. */
  readonly maxAgeMs?: number
}

export interface TrackerStatus {
  /** True from Welcome to the end of the connection. */
  readonly connected: boolean
  /** host:port of the connection, or of the last try. */
  readonly address: string | undefined
  /** Why there is no connection, in a sentence. */
  readonly lastError: string | undefined
  readonly epoch: number
  readonly reportIntervalMs: number
}

export interface GrantInit {
  readonly swarmId: Uint8Array
  readonly offset: number
  readonly length: number
  /** Bytes of the artifact as the origin states them, 0 when it does not. */
  readonly totalSize: number
  /** A range of the tracker's choice. */
  readonly any?: boolean
  /** With it: ranges of bytes that this node still reads; start, end, start, end … */
  readonly reading?: number[]
  /** Of a reader that writes its leave down: how much of it is left. */
  readonly held?: number
  /** All of it or nothing. */
  readonly all?: boolean
  /** Leave that this reader gives back: it has forgotten it. */
  readonly back?: number
}

/** The agent's end of the tracker connection: there or being made from start() to stop(). */
export interface TrackerClient {
  start(): void
  /** Sends what waits and closes; no listener is called afterwards. */
  stop(): Promise<void>
  readonly status: TrackerStatus
  /** The newest full state: sent each interval, and on every new connection. */
  report(report: ReportInit): void
  /** Sends the newest report at once: something has ended. */
  flush(): void
  /**
   * Asks for leave to read from the origin; waits for a connection when there is none.
   * @returns length 0 with a reason when refused; `offset` for a request of `any`
   * @throws TrackerUnavailableError after `timeoutMs` (30 s), or when the connection is lost
   */
  requestGrant(
    request: GrantInit,
    options?: { signal?: AbortSignal; timeoutMs?: number },
  ): Promise<{ offset: number; length: number; reason: string; message: string }>
  /** Each returns the unsubscribe. */
  onWelcome(listener: (welcome: Welcome) => void): () => void
  onDesired(listener: (desired: DesiredState) => void): () => void
  onPeers(listener: (peers: Peers) => void): () => void
  /** The tracker will not have this client, or not any more. */
  onRefused(listener: (refusal: RefusedError) => void): () => void
  onRevoked(listener: (revoked: RevokedNodes) => void): () => void
  /** Connected, disconnected, refused. */
  onStatus(listener: (status: TrackerStatus) => void): () => void
}
