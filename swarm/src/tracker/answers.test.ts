// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { HelloSchema } from '../proto/tracker_pb.ts'
import { authenticateHello } from './answers.ts'
import { oldestProtocolVersion, protocolVersion } from './protocol-version.ts'
import type { ServerConnection } from './server-connection.ts'
import type { Authenticated, TrackerDecisions } from './types.ts'

const connection = {
  signal: new AbortController().signal,
  peerId: 'p',
  remoteAddress: '',
} as ServerConnection
const accepted = { node: 'n1' } as Authenticated
const decisions = { authenticate: async () => accepted } as unknown as TrackerDecisions
const hello = (version: number) =>
  create(HelloSchema, { protocolVersion: version, agentVersion: '0.0.1', role: 'agent' })
const greet = (version: number) => authenticateHello(decisions, connection, hello(version), 1000)

test.for([
  { name: 'of an older release', version: oldestProtocolVersion },
  { name: 'of this release', version: protocolVersion },
  { name: 'of a newer release', version: protocolVersion + 1 },
])('an agent $name is taken', async ({ version }) => {
  expect(await greet(version)).toBe(accepted)
})

test('one that is older than all that can be talked to is told what was found and what is needed', async () => {
  await expect(greet(oldestProtocolVersion - 1)).rejects.toMatchObject({
    reason: 'ProtocolVersion',
    message: `agent 0.0.1 speaks version 0 of the protocol, and this operator none before ${oldestProtocolVersion}`,
    retry: true,
  })
})
