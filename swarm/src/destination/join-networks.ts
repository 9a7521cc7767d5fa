// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import ipaddr from 'ipaddr.js'

interface Network {
  readonly kind: string
  readonly base: bigint
  readonly bits: number
}

/**
 * The same addresses in as few networks as can be: a network for each of 5,000 nodes is often one for all.
 * What is no network is left out. Sorted, so that equal sets give equal lists.
 */
export function joinNetworks(cidrs: readonly string[]): string[] {
  const joined: Network[] = []
  for (const network of cidrs.flatMap(parse).sort(byPlace)) {
    const last = joined.at(-1)
    if (last !== undefined && covers(last, network)) continue
    joined.push(network)
    joinTail(joined)
  }
  return joined.map(format)
}

/** Two halves of one network at the end become that network, again and again. */
function joinTail(networks: Network[]): void {
  for (;;) {
    const [left, right] = networks.slice(-2)
    if (left === undefined || right === undefined) return
    const parent = { ...left, bits: left.bits - 1 }
    const isHalf = left.kind === right.kind && left.bits === right.bits && start(parent) === left.base
    if (!isHalf || !covers(parent, right)) return
    networks.splice(-2, 2, parent)
  }
}

const width = ({ kind }: Network): number => (kind === 'ipv4' ? 32 : 128)
const start = (network: Network): bigint => {
  const host = BigInt(width(network) - network.bits)
  return (network.base >> host) << host
}
const covers = (outer: Network, inner: Network): boolean =>
  outer.kind === inner.kind &&
  outer.bits <= inner.bits &&
  start({ ...inner, bits: outer.bits }) === outer.base

function byPlace(a: Network, b: Network): number {
  if (a.kind !== b.kind) return a.kind < b.kind ? -1 : 1
  if (a.base !== b.base) return a.base < b.base ? -1 : 1
  return a.bits - b.bits
}

function parse(cidr: string): Network[] {
  if (!ipaddr.isValidCIDR(cidr)) return []
  const [address, bits] = ipaddr.parseCIDR(cidr)
  const base = BigInt(`0x${Buffer.from(address.toByteArray()).toString('hex')}`)
  const network = { kind: address.kind(), base, bits }
  return [{ ...network, base: start(network) }]
}

function format(network: Network): string {
  const hex = network.base.toString(16).padStart(width(network) / 4, '0')
  return `${ipaddr.fromByteArray([...Buffer.from(hex, 'hex')])}/${network.bits}`
}
