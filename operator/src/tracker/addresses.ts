// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** Multiaddrs of an IP address and a TCP port whose address lies in one of the networks: nothing else is handed out. */
export function addressesWithin(addresses: readonly string[], cidrs: readonly string[]): string[] {
  const allowed = blockListOf(cidrs)
  return addresses.filter((address) => {
    const [, kind, ip = '', transport] = address.split('/')
    if (transport !== 'tcp') return false
    if (kind === 'ip4') return isIPv4(ip) && allowed.check(ip, 'ipv4')
    return kind === 'ip6' && isIPv6(ip) && allowed.check(ip, 'ipv6')
  })
}

function blockListOf(cidrs: readonly string[]): BlockList {
  const list = new BlockList()
  for (const cidr of cidrs) {
    const [ip = '', prefix = ''] = cidr.split('/')
    if (isIPv4(ip)) list.addSubnet(ip, Number(prefix), 'ipv4')
    else if (isIPv6(ip)) list.addSubnet(ip, Number(prefix), 'ipv6')
  }
  return list
}
