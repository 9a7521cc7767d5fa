// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { HelloMessage } from './messages.ts'

/** Why a peer is not talked to, as it is told and as it tells. */
export type RefusalReason =
  | 'UnknownSwarm'
  | 'VersionMismatch'
  | 'Suspended'
  | 'Duplicate'
  | 'Quarantined'
  | 'TooManyPeers'
  | 'NotReady'
  | 'HandshakeTimeout'
  | (string & {})

/** One of the two will not have the other. `reason` is a MembershipReason or one of the above. */
export class RefusedError extends Error {
  override name = 'RefusedError'
  readonly reason: RefusalReason
  /** True when the other end said so. */
  readonly byPeer: boolean

  constructor(reason: RefusalReason, message: string, byPeer: boolean, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
    this.byPeer = byPeer
  }
}

/** The manifest that a peer sent, or the one on disk, is not the artifact that the tracker named. */
export class ManifestMismatchError extends Error {
  override name = 'ManifestMismatchError'
}

export type Hello = Omit<HelloMessage, 'type'>
