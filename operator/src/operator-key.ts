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

/**
 * The key that agents pin: the same for every replica and every leader. Made on the first start; of several replicas
 * that start at once the API server lets one create it, and the others read it.
 * @throws OperatorKeyError when the Secret holds something else
 */
export async function loadOrCreateOperatorKey(
  client: Client,
  namespace: string,
  signal: AbortSignal,
): Promise<Identity> {
  const secrets = client.for(SECRET)
  const read = async () => identityOf(await secrets.get(operatorKeySecret, namespace, signal))
  try {
    return await read()
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  try {
    return identityOf(await secrets.create(newSecret(namespace), signal))
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    return await read()
  }
}

const newSecret = (namespace: string): Secret => ({
  metadata: { name: operatorKeySecret, namespace },
  type: 'Opaque',
  // Another key would lock out every agent until it is rolled.
  immutable: true,
  data: { seed: randomBytes(32).toString('base64') },
})

function identityOf({ data }: Secret): Identity {
  const seed = Buffer.from(data?.seed ?? '', 'base64')
  if (seed.length !== 32) {
    throw new OperatorKeyError(
      `Secret ${operatorKeySecret} has no 32-byte "seed": restore it, or delete it to have a new one made (agents are then rolled)`,
    )
  }
  return identityFromSeed(seed)
}
