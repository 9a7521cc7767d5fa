// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type Client, type Informer, isNotFound, type Node, SERVICE_CIDR } from '@patchswarm/kube'
import { joinNetworks } from '@patchswarm/swarm/destination'
import type { Logger } from 'pino'

export interface ClusterNetworksOptions {
  client: Client
  nodes: Informer<Node>
  /** What the operator was told beside what it finds: networks of Pods that Nodes do not name, for example. */
  also: readonly string[]
  log: Logger
}

/** The networks of the cluster's Pods and Services, where no source of an artifact may be. */
export interface ClusterNetworks {
  /** Sorted and joined. */
  list(): readonly string[]
}

/** Services' networks are read once, those of Pods follow the Nodes until the signal. */
export async function watchClusterNetworks(
  { client, nodes, also, log }: ClusterNetworksOptions,
  signal: AbortSignal,
): Promise<ClusterNetworks> {
  const services = await serviceNetworks(client, log, signal)
  let joined: readonly string[] | undefined
  const forget = nodes.onChange(({ type, object, old }) => {
    if (type !== 'modified' || String(object.spec?.podCIDRs) !== String(old?.spec?.podCIDRs))
      joined = undefined
  })
  signal.addEventListener('abort', forget, { once: true })
  return {
    list() {
      const pods = (): string[] => nodes.list().flatMap(({ spec }) => spec?.podCIDRs ?? [])
      joined ??= joinNetworks([...also, ...services, ...pods()])
      return joined
    },
  }
}

/** A cluster before Kubernetes 1.33 does not say them. */
async function serviceNetworks(client: Client, log: Logger, signal: AbortSignal): Promise<string[]> {
  try {
    const found = await client.for(SERVICE_CIDR).list({}, signal)
    return found.flatMap(({ spec }) => spec?.cidrs ?? [])
  } catch (error) {
    signal.throwIfAborted()
    if (!isNotFound(error)) log.warn({ err: error }, 'the networks of Services could not be read')
    log.info('PATCHSWARM_CLUSTER_CIDRS alone says which networks Services are in')
    return []
  }
}
