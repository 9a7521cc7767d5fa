// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { operatorLease, type P2PProfile, p2pProfiles } from '@patchswarm/api'
import { type Client, type Clock, isNotFound, LEASE, sleep } from '@patchswarm/kube'
import type { Logger } from 'pino'
import { belongsTo, childKinds, removeChild, setFinalizer } from '../p2p-profile/children.ts'
import { nextStep } from './farewell.ts'

export interface UninstallOptions {
  client: Client
  /** The operator's. */
  namespace: string
  log: Logger
  clock: Clock
  signal: AbortSignal
}

const lookEveryMs = 1000

/**
 * Disables every profile and waits until agents have emptied their caches and are gone. Ends in any case: without an
 * operator, or when it takes too long, it removes what the operator has made and the finalizers by itself.
 */
export async function uninstall(options: UninstallOptions): Promise<void> {
  const { client, log, clock, signal } = options
  const profiles = client.for(p2pProfiles)
  for (const { metadata, spec } of await profiles.list({}, signal)) {
    if (spec.enabled) await profiles.patch(metadata.name, undefined, { spec: { enabled: false } }, signal)
  }
  const started = clock.now()
  const silence = createSilence(options)
  for (;;) {
    const { what, holding, why } = nextStep({
      profiles: await profiles.list({}, signal),
      silentMs: await silence(),
      waitedMs: clock.now() - started,
    })
    log.info({ profiles: holding.map(({ metadata }) => metadata.name) }, why)
    if (what === 'finish') return
    if (what === 'force') for (const profile of holding) await abandon(options, profile)
    else await sleep(clock, lookEveryMs, signal)
  }
}

/** For how long the lease has stood as it is, by our own clock: the operator's may differ. */
function createSilence({ client, namespace, clock, signal }: UninstallOptions): () => Promise<number> {
  let version: string | undefined
  let changedAt = clock.now()
  return async () => {
    const lease = await client
      .for(LEASE)
      .get(operatorLease, namespace, signal)
      .catch((error: unknown) => {
        if (isNotFound(error)) return undefined
        throw error
      })
    const held = lease?.spec?.holderIdentity ? lease.metadata.resourceVersion : undefined
    if (held !== undefined && held !== version) changedAt = clock.now()
    version = held
    return clock.now() - changedAt
  }
}

/** Removes what stands for the profile in the cluster; what its agents have cached stays on their nodes. */
async function abandon(
  { client, namespace, log, signal }: UninstallOptions,
  profile: P2PProfile,
): Promise<void> {
  for (const { resource } of childKinds) {
    const found = await client.for(resource).list({ namespace, labelSelector: belongsTo(profile) }, signal)
    for (const child of found) await removeChild(client, resource, child, signal)
  }
  await setFinalizer(client, profile, false, signal)
  log.warn(
    { profile: profile.metadata.name, directory: profile.spec.cache.hostPath },
    'caches may be left on nodes: remove them there',
  )
}
