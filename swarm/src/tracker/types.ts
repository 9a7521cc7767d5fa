// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { MessageInitShape } from '@bufbuild/protobuf'
import type { RevokedNodes } from '../membership/revoked-nodes.ts'
import type {
  ArtifactSchema,
  BandwidthSchema,
  CacheLimitsSchema,
  DeliverySchema,
  GrantRequest,
  GuardSchema,
  Hello,
  OriginAccessSchema,
  PeerSchema,
  Report,
  SourceSchema,
} from '../proto/tracker_pb.ts'

/** What the operator found out about a client from its token; the connection itself proves the peer ID. */
export interface ClientIdentity {
  readonly node: string
  readonly profile: string
  readonly role: 'agent' | 'seeder'
  readonly site: string
  /** UID of the Pod whose token it was: a newer Pod takes the place of an older one. */
  readonly podUid: string
}

/** What the operator answers to a Hello that it accepts. */
export interface Authenticated extends ClientIdentity {
  /** A signed membership for the client (see membership/). */
  readonly membership: Uint8Array
  /** Those multiaddrs of the Hello that lie within the profile's allowedCIDRs; all of them when left out. */
  readonly addresses?: readonly string[]
}

export interface TrackerClientView {
  readonly peerId: string
  readonly identity: ClientIdentity
  /** Where other peers reach it. */
  readonly addresses: readonly string[]
  /** What it understands of what it may be asked. */
  readonly protocolVersion: number
  readonly agentVersion: string
  /** Undefined until the first report of this connection. */
  readonly report: Report | undefined
  readonly connectedAt: number
  readonly lastReportAt: number
}

/** `offset` of a range that the tracker has chosen. */
export type GrantDecision =
  | { length: number; offset?: number }
  | { length: 0; reason: string; message: string }

/** The operator's answers; each may wait (TokenReview, a status write). */
export interface TrackerDecisions {
  /** @throws RefusedError(reason, message, retry) */
  authenticate(
    hello: Hello,
    peerId: string,
    remoteAddress: string,
    signal: AbortSignal,
  ): Promise<Authenticated>
  grant(client: TrackerClientView, request: GrantRequest, signal: AbortSignal): Promise<GrantDecision>
}

/** Plain object or message; the revision is set by the server. */
export interface DesiredInit {
  artifacts?: MessageInitShape<typeof ArtifactSchema>[]
  deliveries?: MessageInitShape<typeof DeliverySchema>[]
  admit?: string[]
  guards?: MessageInitShape<typeof GuardSchema>[]
  maxPeers?: number
  wipe?: boolean
  bandwidth?: MessageInitShape<typeof BandwidthSchema>
  cache?: MessageInitShape<typeof CacheLimitsSchema>
  originAccess?: MessageInitShape<typeof OriginAccessSchema>
}
export type SourceInit = MessageInitShape<typeof SourceSchema>
export type PeerInit = MessageInitShape<typeof PeerSchema>

/** The operator's end: soft state only, rebuilt from Hello and Report. One entry a peer ID; a newer connection replaces the older. */
export interface TrackerServer {
  start(signal?: AbortSignal): Promise<void>
  stop(): Promise<void>
  /** The port it listens on. */
  readonly port: number
  clients(): readonly TrackerClientView[]
  client(peerId: string): TrackerClientView | undefined
  /**
   * Sends it when it differs from what was sent last on this connection. It must not change afterwards: whoever tells many
   * clients the same object has it encoded and compared once.
   * @returns the revision that it has there (a report that names it or a later one knows of it), undefined when not connected
   * @throws TrackerProtocolError when it does not fit a frame; it is tried again when it is published again
   */
  publishDesired(peerId: string, desired: DesiredInit): number | undefined
  /**
   * Sends them when they differ from those sent last on this connection, also when the artifact was not listed meanwhile: clients
   * keep them. The same rule holds for each of them.
   */
  publishPeers(peerId: string, swarmId: Uint8Array, peers: readonly PeerInit[]): void
  /** Tells every client, some at a time, and those that connect later whose memberships are void; replaces the earlier list. */
  publishRevoked(revoked: RevokedNodes): void
  /** Closes the connection of a client, telling it why; `retry` (the default) lets it come back. */
  refuse(peerId: string, reason: string, message: string, retry?: boolean): void
  /** Listeners are called after the view has changed. Each returns the unsubscribe. */
  onConnect(listener: (client: TrackerClientView) => void): () => void
  onDisconnect(listener: (client: TrackerClientView) => void): () => void
  onReport(listener: (client: TrackerClientView) => void): () => void
}
