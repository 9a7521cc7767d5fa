// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Key, KubeObject } from './types.ts'

/** "namespace/name", or "name" for cluster-scoped kinds. */
export function keyOf(name: string, namespace?: string): Key {
  return namespace ? `${namespace}/${name}` : name
}

export function keyOfObject(object: KubeObject): Key {
  return keyOf(object.metadata.name, object.metadata.namespace)
}

export function splitKey(key: Key): { namespace?: string; name: string } {
  const slash = key.indexOf('/')
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}
