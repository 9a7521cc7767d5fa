// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { KubeObject, Resource } from './types.ts'

/** The path of a collection: all namespaces when none is given. */
export function collectionPath<T extends KubeObject>(resource: Resource<T>, namespace?: string): string {
  const root = resource.apiVersion.includes('/')
    ? `/apis/${resource.apiVersion}`
    : `/api/${resource.apiVersion}`
  const scope = resource.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${root}${scope}/${resource.plural}`
}

/**
 * The path of one object, or of a subresource of it ("status", "token").
 *
 * @throws TypeError when a namespaced kind comes without a namespace: the server would answer with a misleading 404.
 */
export function objectPath<T extends KubeObject>(
  resource: Resource<T>,
  name: string,
  namespace?: string,
  subresource?: string,
): string {
  if (resource.namespaced && !namespace) throw new TypeError(`${resource.kind} "${name}" needs a namespace`)
  if (!name) throw new TypeError(`a ${resource.kind} needs a name`)
  const tail = subresource ? `/${subresource}` : ''
  return `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}${tail}`
}

/** "?a=1&b=2" of what is defined; empty for nothing. */
export function query(parameters: Record<string, string | number | boolean | undefined>): string {
  const entries = Object.entries(parameters).flatMap(([key, value]) =>
    value === undefined || value === '' ? [] : [[key, String(value)] as [string, string]],
  )
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries)}`
}
