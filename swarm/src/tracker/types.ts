// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DesiredState, GrantRequest, Hello, Peer, Report } from '../proto/tracker_pb.ts'

/** What the operator found out about a client from its token; the connection itself proves the peer ID. */
export interface ClientIdentity {
  readonly node: string
  readonly profile: string
  readonly role: 'agent' | 'seeder'
  readonly site: string
  /** UID of the Pod whose token it was: a newer Pod takes the place of an older one. */
  readonly podUid: string
}

export interface TrackerClientView {
  readonly peerId: string
  readonly identity: ClientIdentity
  /** Multiaddrs of its Hello that lie within the profile's allowedCIDRs. */
  readonly addresses: readonly string[]
  readonly agentVersion: string
  /** Undefined until the first report of this connection. */
  readonly report: Report | undefined
  readonly connectedAt: number
  readonly lastReportAt: number
}

export type GrantDecision = { length: number } | { length: 0; reason: string; message: string }

/** The operator's answers; each may wait (TokenReview, a status write). */
export interface TrackerDecisions {
  /** @throws RefusedError(reason, message, retry) */
  authenticate(
    hello: Hello,
    peerId: string,
    remoteAddress: string,
    signal: AbortSignal,
  ): Promise<ClientIdentity & { membership: Uint8Array }>
  grant(client: TrackerClientView, request: GrantRequest, signal: AbortSignal): Promise<GrantDecision>
}

/** The operator's end: soft state only, rebuilt from Hello and Report. One entry a peer ID; a newer connection replaces the older. */
export interface TrackerServer {
  start(signal?: AbortSignal): Promise<void>
  stop(): Promise<void>
  /** The port it listens on. */
  readonly port: number
  clients(): readonly TrackerClientView[]
  client(peerId: string): TrackerClientView | undefined
  /** Sends it when it differs from what was sent last on this connection (the revision is set here). */
  publishDesired(peerId: string, desired: Omit<DesiredState, '$typeName' | '$unknown' | 'revision'>): void
  publishPeers(peerId: string, swarmId: Uint8Array, peers: Peer[]): void
  /** Closes the connection of a client, telling it why. */
  refuse(peerId: string, reason: string, message: string): void
  /** Listeners are called after the view has changed. Each returns the unsubscribe. */
  onConnect(listener: (client: TrackerClientView) => void): () => void
  onDisconnect(listener: (client: TrackerClientView) => void): () => void
  onReport(listener: (client: TrackerClientView) => void): () => void
}
