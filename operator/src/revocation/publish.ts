// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { ConfigMap, Informer } from '@patchswarm/kube'
import { isRevoked } from '@patchswarm/swarm/membership'
import type { TrackerServer } from '@patchswarm/swarm/tracker'
import type { Revocations } from './revocations.ts'

/** Tells everybody whose memberships are void, and closes the connections of those. */
export function publishRevocations(
  tracker: TrackerServer,
  revocations: Revocations,
  cache: Informer<ConfigMap>,
  signal: AbortSignal,
): void {
  const publish = (): void => {
    const nodes = revocations.nodes()
    tracker.publishRevoked(nodes)
    for (const { peerId, identity } of tracker.clients()) {
      if (!isRevoked({ node: identity.node, peerId }, nodes)) continue
      // Whoever may come back proves itself anew.
      tracker.refuse(peerId, 'NodeRevoked', revocations.get(identity.node)?.why ?? '')
    }
  }
  signal.addEventListener('abort', cache.onChange(publish), { once: true })
  publish()
}
