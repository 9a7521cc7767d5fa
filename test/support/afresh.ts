// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import { isAlreadyExists, type KubeObject, type ResourceClient } from '@patchswarm/kube'

const withinMs = 30_000

/** Creates an object. A test that is tried a second time finds the one of its first try: that goes before. */
export async function createAfresh<T extends KubeObject>(api: ResourceClient<T>, object: T): Promise<T> {
  const { name, namespace } = object.metadata
  const deadline = performance.now() + withinMs
  for (let first = true; ; first = false) {
    try {
      return await api.create(object)
    } catch (error) {
      if (!isAlreadyExists(error) || performance.now() > deadline) throw error
      // With the rows of a job, which the second try would take for its own.
      if (first) await api.delete(name, namespace, { propagationPolicy: 'Foreground' })
      await sleep(100)
    }
  }
}
