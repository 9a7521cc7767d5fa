// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { destinationRules } from '@patchswarm/swarm/destination'
import type { Pace } from '@patchswarm/swarm/limits'
import type { OriginAccess } from '@patchswarm/swarm/origin'
import type { DesiredState, TrackerClient } from '@patchswarm/swarm/tracker'
import type { Logger } from 'pino'

/** What everything that reads origins on this node works with. */
export interface OriginParts {
  readonly tracker: Pick<TrackerClient, 'requestGrant'>
  readonly log: Logger
  /** Of all origins that this node reads together. */
  readonly pace: Pace
  readonly access: () => OriginAccess
  /** Of a seeder, where its profile gives it one. */
  readonly importDirectory?: string | undefined
}

/**
 * Where origins may be, as the tracker says; before it has spoken, wherever no internal address is.
 * @param before holds on where it says nothing: then this node is to read no more, and may still be at it
 */
export function originAccess(said: DesiredState['originAccess'], before?: OriginAccess): OriginAccess {
  if (said === undefined && before !== undefined) return before
  const { allowedDomains = [], clusterNetworks = [], tlsMinVersion } = said ?? {}
  return {
    rules: destinationRules({ allowedDomains, clusterNetworks }),
    tlsMinVersion: tlsMinVersion === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
  }
}
