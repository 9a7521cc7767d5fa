// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PeerDiscovery, PeerInfo } from '@libp2p/interface'
import { type MulticastDNSComponents, mdns } from '@libp2p/mdns'

export interface MdnsOptions {
  /** Only nodes of the same profile find each other. */
  readonly profile: string
  /** How often to ask, in milliseconds; 10 seconds by default. */
  readonly intervalMs?: number
  /** Multicast group and UDP port; the usual ones (224.0.0.251, 5353) by default. */
  readonly group?: string
  readonly port?: number
}

/** A name of our own: other libp2p programs on the network use `_p2p._udp.local`. A DNS label has at most 63 bytes. */
export const serviceTag = (profile: string): string =>
  `_patchswarm-${profile}`.slice(0, 63).concat('._udp.local')

/** Finds nodes by multicast DNS. Who they are is settled in HELLO; here they are only candidates. */
export function mdnsDiscovery(
  options: MdnsOptions,
  onFound: (peer: { peerId: string; addresses: string[] }) => void,
): (components: MulticastDNSComponents) => PeerDiscovery {
  return (components) => {
    const discovery = mdns({
      serviceTag: serviceTag(options.profile),
      interval: options.intervalMs ?? 10_000,
      ...(options.group === undefined ? {} : { ip: options.group }),
      ...(options.port === undefined ? {} : { port: options.port }),
    })(components)
    discovery.addEventListener('peer', ({ detail }: CustomEvent<PeerInfo>) => {
      const addresses = detail.multiaddrs.map((address) => address.toString())
      onFound({ peerId: detail.id.toString(), addresses })
    })
    return discovery
  }
}
