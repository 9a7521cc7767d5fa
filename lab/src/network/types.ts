// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
/** Where a node's or a Pod's processes run on the network. */
export interface Endpoint {
  address: string
  /** Put before a command, it makes the process run there; empty when any process may use the address. */
  enter: readonly string[]
}

/** The network between the nodes, the Pods and the lab itself. */
export interface Network {
  /** Where the lab's own servers (API server, tracker, origin) listen, reachable from every endpoint. */
  readonly hostAddress: string
  /** What `transport.allowedCIDRs` must hold so that peers speak to each other. */
  readonly cidr: string
  /** Whether multicast stays within the lab, so that mDNS bothers nobody else. */
  readonly multicast: boolean
  node(name: string): Promise<Endpoint>
  /** An address of its own for a Pod on the pod network. */
  attachPod(uid: string): Promise<Endpoint>
  releasePod(uid: string): Promise<void>
}
