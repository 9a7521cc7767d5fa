// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createExchange } from '@patchswarm/swarm/exchange'
import { createIdentity, identityFromSeed } from '@patchswarm/swarm/identity'
import { signMembership } from '@patchswarm/swarm/membership'
import { createSwarmNode } from '@patchswarm/swarm/node'
import { openStore } from '@patchswarm/swarm/store'
import { pino } from 'pino'

export const log = pino({ level: process.env.BENCH_LOG ?? 'silent' }, pino.destination(2))
const operator = identityFromSeed(new Uint8Array(32).fill(9))

/** A node of the data plane that is a member of one profile: identity, store, libp2p and exchange. */
export async function startPeer(
  directory: string,
  role: 'seeder' | 'agent',
  opened?: Awaited<ReturnType<typeof openStore>>,
) {
  const identity = createIdentity()
  const store = opened ?? (await openStore(directory, { log }))
  const listen = { address: '127.0.0.1', port: 0 }
  const node = await createSwarmNode({ identity, listen, allowedCIDRs: ['127.0.0.0/8'], log })
  const membership = signMembership(operator, {
    peerId: identity.peerId,
    node: role,
    profile: 'bench',
    site: '',
    roles: [role],
    issuedAt: Date.now(),
    expiresAt: Date.now() + 3_600_000,
  })
  const exchange = createExchange({
    node,
    store,
    membership: () => membership,
    sign: (bytes) => identity.sign(bytes),
    operatorPeerIds: [operator.peerId],
    profile: 'bench',
    log,
  })
  await exchange.start()
  return { identity, store, node, exchange }
}
