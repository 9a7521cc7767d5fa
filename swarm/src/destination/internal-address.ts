// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import ipaddr from 'ipaddr.js'
import { createAddressPolicy } from '../node/addresses.ts'

/** Networks that no file comes from: what answers there is this machine, its neighbours' and its cloud's inner life. */
const kinds: readonly (readonly [kind: string, cidrs: readonly string[]])[] = [
  // Before link-local, of which the first is one.
  [
    'a metadata address',
    // AWS, Azure, GCP and others; AWS and GCP by IPv6; Alibaba; Azure's wire server; Oracle.
    [
      '169.254.169.254/32',
      'fd00:ec2::254/128',
      'fd20:ce::254/128',
      '100.100.100.200/32',
      '168.63.129.16/32',
      '192.0.0.192/32',
    ],
  ],
  ['a loopback address', ['127.0.0.0/8', '::1/128', '0.0.0.0/8', '::/128']],
  ['a link-local address', ['169.254.0.0/16', 'fe80::/10']],
  ['no address of one host', ['224.0.0.0/4', '240.0.0.0/4', 'ff00::/8']],
]

const policies = kinds.map(([kind, cidrs]) => ({ kind, policy: createAddressPolicy(cidrs) }))

/** What is wrong with an address whatever the cluster is, such as "a loopback address"; undefined when nothing is. */
export function internalKind(ip: string): string | undefined {
  const address = embeddedIpv4(ip) ?? ip
  return policies.find(({ policy }) => policy.allows(address))?.kind
}

const NAT64 = ipaddr.parseCIDR('64:ff9b::/96')
const SIX_TO_FOUR = ipaddr.parseCIDR('2002::/16')

/** The IPv4 address that a NAT64 or 6to4 address leads to. One that is written as IPv6 (::ffff:…) is read as IPv4 anyway. */
function embeddedIpv4(ip: string): string | undefined {
  if (!ipaddr.isValid(ip)) return undefined
  const address = ipaddr.process(ip)
  if (address.kind() !== 'ipv6') return undefined
  const bytes = address.toByteArray()
  if (address.match(NAT64)) return bytes.slice(12).join('.')
  return address.match(SIX_TO_FOUR) ? bytes.slice(2, 6).join('.') : undefined
}
