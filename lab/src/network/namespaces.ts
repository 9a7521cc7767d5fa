// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { runLine } from './run-line.ts'
import { addLink, makeSwitch } from './switch.ts'
import type { Endpoint, Network } from './types.ts'

const SWITCH = { name: 'lab0', address: '10.89.0.1' }

/**
 * Every node and every Pod on the pod network has a network namespace of its own, joined by a bridge over links that
 * carry `linkBytesPerSecond` each way.
 *
 * The process must already be alone in a network and a mount namespace (see isolated.ts): then the machine gets no
 * bridge, no address and no rule, and all of it is gone when the last process is.
 */
export async function createNamespaceNetwork(linkBytesPerSecond: number): Promise<Network> {
  await makeSwitch(SWITCH)
  const shape = shaping(linkBytesPerSecond)
  let count = 0
  const nodes = new Map<string, Promise<Endpoint>>()
  const pods = new Map<string, string>()
  const add = async (): Promise<{ namespace: string; endpoint: Endpoint }> => {
    const index = ++count
    const namespace = `e${index}`
    const address = `10.89.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`
    await addLink(SWITCH, namespace, address, { up: shape, down: shape })
    return { namespace, endpoint: { address, enter: ['nsenter', `--net=/run/netns/${namespace}`, '--'] } }
  }
  return {
    hostAddress: SWITCH.address,
    cidr: '10.89.0.0/16',
    multicast: true,
    node(name) {
      const known = nodes.get(name) ?? add().then(({ endpoint }) => endpoint)
      nodes.set(name, known)
      return known
    },
    async attachPod(uid) {
      const { namespace, endpoint } = await add()
      pods.set(uid, namespace)
      return endpoint
    },
    async releasePod(uid) {
      const namespace = pods.get(uid)
      pods.delete(uid)
      if (namespace) await runLine(`ip netns del ${namespace}`)
    },
  }
}

/**
 * A token bucket that lets a hundredth of a second's worth through at once, but at least one of the 64 KiB packets
 * that the kernel makes of a stream, and queues 20 ms worth, but at least 256 KiB.
 */
export function shaping(bytesPerSecond: number): string {
  const burst = Math.max(70_000, Math.round(bytesPerSecond / 100))
  const queue = Math.max(256 * 1024, Math.round(bytesPerSecond / 50))
  return `tbf rate ${Math.round(bytesPerSecond * 8)}bit burst ${burst} limit ${queue}`
}
