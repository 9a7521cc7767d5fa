// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Informer, Namespace } from '@patchswarm/kube'
import type { NamespaceView } from './admission.ts'

/** The namespace as admission looks at it; undefined when it is not there. */
export function namespaceView(
  namespaces: Informer<Namespace>,
  name: string | undefined,
): NamespaceView | undefined {
  const namespace = name === undefined ? undefined : namespaces.get(name)
  return namespace && { name: namespace.metadata.name, labels: namespace.metadata.labels ?? {} }
}
