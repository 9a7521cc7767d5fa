// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { ConnectionGater } from '@libp2p/interface'
import type { AddressPolicy } from './addresses.ts'

/** Lets nothing in or out but plain TCP with addresses that the policy allows; relays never. */
export function createConnectionGater(addresses: AddressPolicy): ConnectionGater {
  return {
    denyDialMultiaddr: (address) => !addresses.allowsMultiaddr(address),
    denyInboundConnection: (connection) => !addresses.allowsMultiaddr(connection.remoteAddr),
    denyOutboundConnection: (_peer, connection) => !addresses.allowsMultiaddr(connection.remoteAddr),
    denyInboundRelayReservation: () => true,
    denyOutboundRelayedConnection: () => true,
    denyInboundRelayedConnection: () => true,
    filterMultiaddrForPeer: (_peer, address) => addresses.allowsMultiaddr(address),
  }
}
