// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Membership } from '../proto/membership_pb.ts'

/**
 * By name: nodes whose memberships the operator has taken back, with the peer IDs that have proven since that they are
 * this node. By node and not by peer, so that nobody needs to know which keys a node that is gone ever had.
 */
export type RevokedNodes = ReadonlyMap<string, ReadonlySet<string>>

export const isRevoked = (
  { node, peerId }: Pick<Membership, 'node' | 'peerId'>,
  revoked: RevokedNodes,
): boolean => revoked.get(node)?.has(peerId) === false
