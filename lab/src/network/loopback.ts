// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Endpoint, Network } from './types.ts'

const FIRST_POD = 128
const LAST = 254

/** There are 127 addresses for nodes and as many for Pods in one loopback network. */
export class OutOfAddressesError extends Error {
  override name = 'OutOfAddressesError'
}

/**
 * Every node and Pod has an address of its own in 127.x.y.0/24, all reachable from everywhere: no privileges needed.
 *
 * @param random picks x and y, so that labs side by side do not share addresses
 */
export function createLoopbackNetwork(random: () => number): Network {
  const octet = () => 1 + Math.floor(random() * 253)
  const prefix = `127.${octet()}.${octet()}`
  const nodes = new Map<string, Endpoint>()
  const pods = new Map<string, Endpoint>()
  const endpoint = (last: number): Endpoint => ({ address: `${prefix}.${last}`, enter: [] })
  return {
    hostAddress: '127.0.0.1',
    cidr: '127.0.0.0/8',
    // Multicast from a loopback address would leave by the machine's real interfaces.
    multicast: false,
    async node(name) {
      const known = nodes.get(name)
      if (known) return known
      if (nodes.size + 1 >= FIRST_POD) throw new OutOfAddressesError(`no address is left for node ${name}`)
      const added = endpoint(nodes.size + 1)
      nodes.set(name, added)
      return added
    },
    async attachPod(uid) {
      const used = new Set([...pods.values()].map(({ address }) => address))
      for (let last = FIRST_POD; last <= LAST; last++) {
        const candidate = endpoint(last)
        if (used.has(candidate.address)) continue
        pods.set(uid, candidate)
        return candidate
      }
      throw new OutOfAddressesError(`no address is left for Pod ${uid}`)
    },
    async releasePod(uid) {
      pods.delete(uid)
    },
  }
}
