// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { randomBytes } from 'node:crypto'
import { operatorKeySecret } from '@patchswarm/api'
import { type Client, isAlreadyExists, isNotFound, SECRET, type Secret } from '@patchswarm/kube'
import { type Identity, identityFromSeed } from '@patchswarm/swarm/identity'

/** The Secret is there, but what it holds is no key of ours. */
export class OperatorKeyError extends Error {
  override name = 'OperatorKeyError'
}

/** What the Secret holds. */
export interface OperatorKeys {
  /** Signs, and is who the tracker is. */
  readonly identity: Identity
  /** Peer IDs that agents pin: of this key, and of those that it follows on or that follows on it. */
  readonly trusted: readonly string[]
}

/**
 * The keys that agents pin: the same for every replica and every leader. One is made on the first start; of several replicas
 * that start at once the API server lets one create it, and the others read it.
 * @throws OperatorKeyError when the Secret holds something else
 */
export async function loadOrCreateOperatorKeys(
  client: Client,
  namespace: string,
  signal: AbortSignal,
): Promise<OperatorKeys> {
  const secrets = client.for(SECRET)
  const read = async () => keysOf(await secrets.get(operatorKeySecret, namespace, signal))
  try {
    return await read()
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  try {
    return keysOf(await secrets.create(newSecret(namespace), signal))
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    return await read()
  }
}

const newSecret = (namespace: string): Secret => ({
  metadata: { name: operatorKeySecret, namespace },
  type: 'Opaque',
  data: { seed: randomBytes(32).toString('base64') },
})

/** `next` and `previous` are there only while the key is changed (docs/security.md). @throws OperatorKeyError */
export function keysOf({ data = {} }: Pick<Secret, 'data'>): OperatorKeys {
  const identity = identityIn(data, 'seed')
  const others = (['next', 'previous'] as const).filter((name) => data[name] !== undefined)
  const peerIds = [identity, ...others.map((name) => identityIn(data, name))].map(({ peerId }) => peerId)
  // In an order of their own: that `next` becomes `seed` is no change for agents, and rolls none.
  return { identity, trusted: [...new Set(peerIds)].sort() }
}

function identityIn(data: Readonly<Record<string, string>>, name: 'seed' | 'next' | 'previous'): Identity {
  const seed = Buffer.from(data[name] ?? '', 'base64')
  if (seed.length !== 32) {
    throw new OperatorKeyError(
      `Secret ${operatorKeySecret} has no 32-byte "${name}": restore it, or delete the Secret to have a new key made (agents are then rolled)`,
    )
  }
  return identityFromSeed(seed)
}
