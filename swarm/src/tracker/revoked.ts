// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { create, toBinary } from '@bufbuild/protobuf'
import type { RevokedNodes } from '../membership/revoked-nodes.ts'
import { type Revoked, RevokedSchema, ServerMessageSchema } from '../proto/tracker_pb.ts'

export const revokedNodes = ({ nodes }: Revoked): RevokedNodes =>
  new Map(nodes.map(({ node, peerIds }) => [node, new Set(peerIds)]))

export const revokedMessage = (revoked: RevokedNodes): Revoked =>
  create(RevokedSchema, {
    nodes: [...revoked].map(([node, peerIds]) => ({ node, peerIds: [...peerIds] })),
  })

const encoded = new WeakMap<Revoked, { readonly epoch: number; readonly bytes: Uint8Array }>()

/** The message that carries it, made once, however many clients are told it. */
export function encodedRevoked(revoked: Revoked, epoch: number): Uint8Array {
  const before = encoded.get(revoked)
  if (before?.epoch === epoch) return before.bytes
  const message = create(ServerMessageSchema, { epoch, body: { case: 'revoked', value: revoked } })
  const bytes = toBinary(ServerMessageSchema, message)
  encoded.set(revoked, { epoch, bytes })
  return bytes
}
