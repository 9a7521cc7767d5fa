// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  checkHolds,
  type Membership,
  MembershipError,
  type RevokedNodes,
  verifyMembership,
} from '../membership/index.ts'
import { ExpiryWatch } from './expiry-watch.ts'

export interface MembersInit {
  /** Who signs memberships: one of these. */
  readonly operatorPeerIds: readonly string[]
  readonly profile: string
  /** Those that are spoken to now. */
  readonly present: () => readonly Membership[]
  readonly onVoid: (peerId: string, error: MembershipError) => void
}

/** Whose membership holds, at HELLO and as long as it is spoken to. */
export class Members {
  readonly #init: MembersInit
  readonly #expiry = new ExpiryWatch(() => this.#leaveVoid())
  #revoked: RevokedNodes = new Map()

  constructor(init: MembersInit) {
    this.#init = init
  }

  /** Of somebody who is passed on by another one. @throws MembershipError */
  verify(membership: Uint8Array): Membership {
    return this.#verify(membership, {})
  }

  /** Of whoever is at the other end: it is dropped when it no longer holds. @throws MembershipError */
  admit(shown: Uint8Array, connectionPeerId: string): Membership {
    const membership = this.#verify(shown, { connectionPeerId })
    this.#expiry.expect(membership)
    return membership
  }

  setRevoked(revoked: RevokedNodes): void {
    this.#revoked = revoked
    this.#leaveVoid()
  }

  stop(): void {
    this.#expiry.stop()
  }

  #verify(membership: Uint8Array, shown: { connectionPeerId?: string }): Membership {
    const { operatorPeerIds, profile } = this.#init
    return verifyMembership(membership, {
      operatorPeerIds,
      ...shown,
      profile,
      now: Date.now(),
      revoked: this.#revoked,
    })
  }

  /** A membership that was right at HELLO may be revoked since, or run out: whoever has a new one greets anew. */
  #leaveVoid(): void {
    const now = Date.now()
    for (const membership of this.#init.present()) {
      try {
        checkHolds(membership, { now, revoked: this.#revoked })
        this.#expiry.expect(membership)
      } catch (error) {
        if (!(error instanceof MembershipError)) throw error
        this.#init.onVoid(membership.peerId, error)
      }
    }
  }
}
