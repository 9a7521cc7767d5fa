// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DaemonSet } from '@patchswarm/kube'

/** Whether agents are about to be replaced: the DaemonSet has not the operator's image yet, or not every Pod is of its newest template. */
export function doAgentsRoll(set: DaemonSet | undefined, image: string): boolean {
  if (!set || set.spec.template.spec.containers[0]?.image !== image) return true
  const { observedGeneration = 0, desiredNumberScheduled = 0, updatedNumberScheduled = 0 } = set.status ?? {}
  return (
    observedGeneration < (set.metadata.generation ?? 0) || updatedNumberScheduled < desiredNumberScheduled
  )
}
