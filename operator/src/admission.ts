// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { P2PProfile } from '@patchswarm/api'
import { matches } from './label-selector.ts'

export interface NamespaceView {
  name: string
  labels: Readonly<Record<string, string>>
}

/** Whether objects of this namespace may use the profile: its selector, or the operator's own namespace when it has none. */
export function namespaceAllowed(
  profile: P2PProfile,
  namespace: NamespaceView | undefined,
  operatorNamespace: string,
): boolean {
  if (!namespace) return false
  const selector = profile.spec.allowedNamespaces
  return selector ? matches(selector, namespace.labels) : namespace.name === operatorNamespace
}

/** Whether jobs of the namespace may write into the directory: it is, or lies below, a root that admits the namespace. */
export function directoryAllowed(profile: P2PProfile, namespace: string, directory: string): boolean {
  const wanted = segments(directory)
  if (wanted.includes('..')) return false
  return rootsOf(profile, namespace).some((root) => {
    const path = segments(root)
    return path.length > 0 && path.every((segment, index) => wanted[index] === segment)
  })
}

/** Paths of the profile's roots that admit the namespace. */
export function rootsOf(profile: P2PProfile, namespace: string): string[] {
  return profile.spec.delivery.allowedRoots
    .filter((root) => !root.namespaces?.length || root.namespaces.includes(namespace))
    .map((root) => root.path)
}

const segments = (path: string): string[] => path.split('/').filter((one) => one !== '' && one !== '.')
