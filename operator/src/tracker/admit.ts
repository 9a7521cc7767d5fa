// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type Client, isNotFound, POD } from '@patchswarm/kube'
import { RefusedError, type TrackerServer } from '@patchswarm/swarm/tracker'
import type { Revocations } from '../revocation/revocations.ts'
import { type Claim, Places } from './places.ts'

export interface AdmitOptions {
  client: Client
  namespace: string
  revocations: Revocations
  /** Called when it runs. */
  tracker: () => Pick<TrackerServer, 'client' | 'clients'>
  now: () => number
}

/**
 * Lets peers be nodes, one at a time: whoever had the place is revoked before the new one gets its membership, and what was
 * revoked of the node before does not hold for the new one.
 */
export function createAdmit(options: AdmitOptions): (claim: Claim, signal: AbortSignal) => Promise<void> {
  const { client, namespace, revocations, tracker, now } = options
  const places = new Places({
    connectedOn: (peerId) => tracker().client(peerId)?.identity.node,
    podCreatedAt: (name, uid, signal) => podCreatedAt(client, name, namespace, uid, signal),
    now,
  })
  return async (claim, signal) => {
    const { peerId, identity } = claim
    const { node } = identity
    const entry = revocations.get(node)
    if (entry && entry.until === undefined) {
      throw new RefusedError('NodeRevoked', `node ${node} was revoked: ${entry.why}`, false)
    }
    const replaced = await places.enter(claim, signal)
    if (replaced !== undefined) {
      const others = tracker()
        .clients()
        .filter((one) => one.identity.node === node && one.peerId !== replaced)
        .map((one) => one.peerId)
      await revocations.revoke(node, `${peerId} has taken the place of ${replaced}`, [peerId, ...others])
    }
    await revocations.readmit(node, peerId)
  }
}

async function podCreatedAt(
  client: Client,
  name: string,
  namespace: string,
  uid: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    const { metadata } = await client.for(POD).get(name, namespace, signal)
    return metadata.uid === uid ? Date.parse(metadata.creationTimestamp ?? '') : undefined
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
