// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Toleration } from '@patchswarm/kube'

export interface Taint {
  key: string
  value?: string
  effect: string
}

/** What the DaemonSet controller adds to every Pod of a DaemonSet on the host network: such nodes keep their agent. */
const daemonSetTolerations: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/network-unavailable', operator: 'Exists', effect: 'NoSchedule' },
]

/** Whether a node with these taints gets a Pod of a DaemonSet with these tolerations. */
export function runsDaemons(taints: readonly Taint[] = [], tolerations: readonly Toleration[] = []): boolean {
  const all = [...daemonSetTolerations, ...tolerations]
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
