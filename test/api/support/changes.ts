// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Informer, KubeObject } from '@patchswarm/kube'

/** "added a", "modified a" … in the order in which an informer tells them. */
export function recordChanges<T extends KubeObject>(informer: Informer<T>): string[] {
  const changes: string[] = []
  informer.onChange(({ type, object }) => changes.push(`${type} ${object.metadata.name}`))
  return changes
}
