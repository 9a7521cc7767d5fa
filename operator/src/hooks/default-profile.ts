// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type P2PProfile, p2pProfiles } from '@patchswarm/api'
import { type Client, type Clock, isNotFound, sleep } from '@patchswarm/kube'
import type { Logger } from 'pino'

export interface DefaultProfileOptions {
  client: Client
  /** JSON of the profile's name and spec, as the chart's values have them. */
  text: string
  log: Logger
  clock: Clock
  signal: AbortSignal
}

const retryMs = 1000

/**
 * Applies the profile that the chart's values describe, as soon as its kind is served.
 * @throws KubeError with the API server's sentence when it refuses the spec
 */
export async function applyDefaultProfile(options: DefaultProfileOptions): Promise<void> {
  const { client, text, log, clock, signal } = options
  const { name, spec } = JSON.parse(text) as { name: string; spec: Partial<P2PProfile['spec']> }
  // An uninstall before this install has left it disabled.
  const profile = { metadata: { name }, spec: { enabled: true, ...spec } } as P2PProfile
  for (;;) {
    try {
      await client.for(p2pProfiles).apply(profile, signal)
      log.info({ profile: name }, 'applied')
      return
    } catch (error) {
      // Its CRD was applied a moment ago.
      if (!isNotFound(error)) throw error
      await sleep(clock, retryMs, signal)
    }
  }
}
