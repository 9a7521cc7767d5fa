// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Identity } from '@patchswarm/swarm/identity'
import { signMembership } from '@patchswarm/swarm/membership'
import type { ClientIdentity } from '@patchswarm/swarm/tracker'

/** How long a peer may show its membership to others; renewed with every connection. */
export const membershipMs = 24 * 3600 * 1000

/** What a client shows to other peers, signed by the operator. */
export function membershipFor(
  operator: Identity,
  identity: ClientIdentity,
  peerId: string,
  now: number,
): Uint8Array {
  const { node, profile, site, role } = identity
  return signMembership(operator, {
    peerId,
    node,
    profile,
    site,
    roles: [role],
    issuedAt: now,
    expiresAt: now + membershipMs,
  })
}
