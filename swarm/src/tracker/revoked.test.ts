// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { fromBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { ServerMessageSchema } from '../proto/tracker_pb.ts'
import { encodedRevoked, revokedMessage } from './revoked.ts'

test('who is revoked is encoded once for all that are told, and anew in another epoch', () => {
  const revoked = revokedMessage(new Map([['n1', new Set(['its new peer'])]]))
  const bytes = encodedRevoked(revoked, 3)
  expect(encodedRevoked(revoked, 3)).toBe(bytes)
  const { epoch, body } = fromBinary(ServerMessageSchema, encodedRevoked(revoked, 4))
  expect(epoch).toBe(4)
  expect(body).toEqual({ case: 'revoked', value: revoked })
})
