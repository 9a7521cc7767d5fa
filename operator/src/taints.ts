// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Toleration } from '@patchswarm/kube'

export interface Taint {
  key: string
  value?: string
  effect: string
}

/**
 * Conditions of a node that pass, with the taints that Kubernetes gives it meanwhile. Such a node keeps its agent, or
 * gets it later: it belongs to the profile and is waited for.
 */
const passing = [
  'not-ready',
  'unreachable',
  'disk-pressure',
  'memory-pressure',
  'pid-pressure',
  'unschedulable',
  'network-unavailable',
].map((condition): Toleration => ({ key: `node.kubernetes.io/${condition}`, operator: 'Exists' }))

/** Whether a node with these taints is one for a DaemonSet with these tolerations. */
export function runsDaemons(taints: readonly Taint[] = [], tolerations: readonly Toleration[] = []): boolean {
  const all = [...passing, ...tolerations]
  return taints
    .filter((taint) => taint.effect !== 'PreferNoSchedule')
    .every((taint) => all.some((one) => tolerates(one, taint)))
}

function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  // No key with Exists tolerates everything; Equal is the default and needs a key.
  if (toleration.operator === 'Exists') return true
  return toleration.key !== undefined && (toleration.value ?? '') === (taint.value ?? '')
}
