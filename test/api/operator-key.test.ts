// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { operatorKeySecret } from '@patchswarm/api'
import { SECRET } from '@patchswarm/kube'
import { expect, test } from 'vitest'
import { loadOrCreateOperatorKeys } from '../../operator/src/operator-key.ts'
import { connect, makeNamespace } from './support/cluster.ts'

test('of replicas that start at once one makes the key, and all have the same, also when they start again', async () => {
  const client = connect()
  const namespace = await makeNamespace(client, 'operator-key')
  const start = () => loadOrCreateOperatorKeys(client, namespace, AbortSignal.timeout(10_000))
  const first = await Promise.all([start(), start(), start()])
  const keys = [...first, await start()]
  const peerIds = new Set(keys.map(({ identity }) => identity.peerId))
  expect(peerIds.size).toBe(1)
  for (const { trusted } of keys) expect(trusted).toEqual([...peerIds])
  const { data } = await client.for(SECRET).get(operatorKeySecret, namespace)
  expect(Buffer.from(data?.seed ?? '', 'base64')).toHaveLength(32)
})
