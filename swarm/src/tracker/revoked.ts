// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { create } from '@bufbuild/protobuf'
import type { RevokedNodes } from '../membership/revoked-nodes.ts'
import { type Revoked, RevokedSchema } from '../proto/tracker_pb.ts'

export const revokedNodes = ({ nodes }: Revoked): RevokedNodes =>
  new Map(nodes.map(({ node, peerIds }) => [node, new Set(peerIds)]))

export const revokedMessage = (revoked: RevokedNodes): Revoked =>
  create(RevokedSchema, {
    nodes: [...revoked].map(([node, peerIds]) => ({ node, peerIds: [...peerIds] })),
  })
