// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { P2PProfile } from '@patchswarm/api'
import type { Node } from '@patchswarm/kube'
import type { SwarmMember } from '@patchswarm/swarm/tracker'

/** Value of the label that the profile names: nodes without it are one site, and all nodes when it names none. */
export function siteOf({ spec: { siteLabel } }: P2PProfile, node: Node | undefined): string {
  return siteLabel === '' ? '' : (node?.metadata.labels?.[siteLabel] ?? '')
}

/** The site that a client reads for; undefined where agents read for all. */
export function readsFor(
  client: SwarmMember,
  profile: P2PProfile | undefined,
  nodeNamed: (name: string) => Node | undefined,
): string | undefined {
  if (!profile?.spec.origin.perSite) return undefined
  return sited([client], profile, nodeNamed)[0]?.identity.site
}

/** Where clients are now: they may have connected under another label, or with another value of it. */
export function sited<T extends SwarmMember>(
  clients: readonly T[],
  profile: P2PProfile,
  nodeNamed: (name: string) => Node | undefined,
): T[] {
  return clients.map((client) => {
    const node = nodeNamed(client.identity.node)
    // A Node that is gone takes its agent with it in a moment: that is no reason to move it.
    if (node === undefined) return client
    const site = siteOf(profile, node)
    return site === client.identity.site ? client : { ...client, identity: { ...client.identity, site } }
  })
}
