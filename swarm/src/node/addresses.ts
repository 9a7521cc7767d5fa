// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Multiaddr } from '@multiformats/multiaddr'
import ipaddr from 'ipaddr.js'

/** A CIDR that cannot be read. */
export class InvalidCidrError extends Error {
  override name = 'InvalidCidrError'
}

type Address = ReturnType<typeof ipaddr.process>

/** Says which IP addresses this node speaks to at all. */
export interface AddressPolicy {
  /** An IPv4 address inside an IPv6 one counts as the IPv4 address. */
  allows(ip: string): boolean
  /** Only a plain `/ip4|ip6/…/tcp/…`: names would be resolved later, relays lead elsewhere. */
  allowsMultiaddr(address: Multiaddr): boolean
}

/** @throws InvalidCidrError */
export function createAddressPolicy(cidrs: readonly string[]): AddressPolicy {
  const ranges = cidrs.map(parseCidr)
  const allows = (ip: string): boolean => {
    if (!ipaddr.isValid(ip)) {
      return false
    }
    const address: Address = ipaddr.process(ip)
    return ranges.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits))
  }
  return {
    allows,
    allowsMultiaddr: (address) => {
      const ip = ipOf(address)
      return ip !== undefined && allows(ip)
    },
  }
}

/** The IP address of a plain TCP multiaddr, undefined for any other kind. */
export function ipOf(address: Multiaddr): string | undefined {
  const [host, port, ...rest] = address.getComponents()
  const plain =
    (host?.name === 'ip4' || host?.name === 'ip6') &&
    port?.name === 'tcp' &&
    rest.every(({ name }) => name === 'p2p')
  return plain ? host.value : undefined
}

function parseCidr(cidr: string): [Address, number] {
  try {
    const [base, bits] = ipaddr.parseCIDR(cidr)
    return [base, bits]
  } catch (cause) {
    throw new InvalidCidrError(`"${cidr}" is no CIDR: write 10.0.0.0/8 or fc00::/7`, { cause })
  }
}
