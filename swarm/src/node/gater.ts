// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { ConnectionGater } from '@libp2p/interface'
import { AddressLimit } from './address-limit.ts'
import type { AddressPolicy } from './addresses.ts'

/** Lets nothing in or out but plain TCP with addresses that the policy allows, and of one address not too much; relays never. */
export function createConnectionGater(addresses: AddressPolicy): ConnectionGater {
  const limit = new AddressLimit()
  return {
    denyDialMultiaddr: (address) => !addresses.allowsMultiaddr(address),
    denyInboundConnection: (connection) =>
      !(addresses.allowsMultiaddr(connection.remoteAddr) && limit.admits(connection)),
    denyOutboundConnection: (_peer, connection) => !addresses.allowsMultiaddr(connection.remoteAddr),
    denyInboundRelayReservation: () => true,
    denyOutboundRelayedConnection: () => true,
    denyInboundRelayedConnection: () => true,
    filterMultiaddrForPeer: (_peer, address) => addresses.allowsMultiaddr(address),
  }
}
