// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { isAlreadyExists, type KubeObject, type ResourceClient } from '@patchswarm/kube'
import { until } from './seen.ts'

/** Creates an object. A test that is tried a second time finds the one of its first try: that goes before. */
export async function createAfresh<T extends KubeObject>(api: ResourceClient<T>, object: T): Promise<T> {
  const create = (): Promise<T | undefined> =>
    api.create(object).catch((error: unknown) => {
      if (isAlreadyExists(error)) return undefined
      throw error
    })
  const created = await create()
  if (created !== undefined) return created
  const { name, namespace } = object.metadata
  // With the rows of a job, which the second try would take for its own.
  await api.delete(name, namespace, { propagationPolicy: 'Foreground' })
  return await until(`${name} of the first try is gone`, create)
}
