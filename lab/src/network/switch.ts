// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { runLine } from './run-line.ts'

/** A bridge to which network namespaces are linked, in a network of /16. */
export interface Switch {
  readonly name: string
  /** Its own, by which everything outside is reached. */
  readonly address: string
}

/** What `tc qdisc` makes of a direction of a link. */
export interface Queues {
  readonly up: string
  readonly down: string
}

/**
 * Without one of its own a bridge takes the lowest of its links' and changes it when one comes or goes: whoever has learnt
 * the old one then speaks to nobody, for some seconds.
 */
const HARDWARE = '02:70:73:00:00:01'

/** The process must already be alone in its network and mount namespace: nothing of the switch outlives it. */
export async function makeSwitch({ name, address }: Switch): Promise<void> {
  // A /run of our own hides the names of the namespaces from the machine.
  await runLine('mount -t tmpfs tmpfs /run')
  await runLine('ip link set lo up')
  await runLine(`ip link add ${name} address ${HARDWARE} type bridge`)
  await runLine(`ip addr add ${address}/16 dev ${name}`)
  await runLine(`ip link set ${name} up`)
}

/** Makes a network namespace whose eth0 has the address, at the end of a link of the switch. */
export async function addLink(to: Switch, namespace: string, address: string, queues: Queues): Promise<void> {
  const link = linkOf(namespace)
  await runLine(`ip netns add ${namespace}`)
  await runLine(`ip link add ${link} type veth peer name eth0 netns ${namespace}`)
  await runLine(`ip link set ${link} master ${to.name} up`)
  await runLine(`ip -n ${namespace} link set lo up`)
  await runLine(`ip -n ${namespace} addr add ${address}/16 dev eth0`)
  await runLine(`ip -n ${namespace} link set eth0 up`)
  // Without it no multicast leaves, and mDNS finds nobody.
  await runLine(`ip -n ${namespace} route add default via ${to.address}`)
  await runLine(`tc qdisc add dev ${link} root ${queues.down}`)
  await runLine(`tc -n ${namespace} qdisc add dev eth0 root ${queues.up}`)
}

/** The switch's end of a namespace's link. */
export const linkOf = (namespace: string): string => `v${namespace}`
