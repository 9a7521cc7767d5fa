// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Condition, Kstatus } from '@patchswarm/api'

interface Judged {
  metadata: { generation?: number; deletionTimestamp?: string }
  status?: { observedGeneration?: number; conditions?: Condition[] }
}

/**
 * The rules for kinds that it does not know itself, in its order, of sigs.k8s.io/cli-utils/pkg/kstatus (README.md, "Status",
 * and `checkGenericProperties` and `checkReadyCondition` of the package status), by which Flux waits and judges.
 */
export function kstatusOf({ metadata, status }: Judged): Kstatus | 'Terminating' {
  if (metadata.deletionTimestamp) return 'Terminating'
  const observed = status?.observedGeneration ?? metadata.generation
  if (observed !== metadata.generation) return 'InProgress'
  const holds = (type: string) =>
    status?.conditions?.some((one) => one.type === type && one.status === 'True')
  if (holds('Reconciling')) return 'InProgress'
  if (holds('Stalled')) return 'Failed'
  const isSaid = status?.conditions?.some((one) => one.type === 'Ready')
  return !isSaid || holds('Ready') ? 'Current' : 'InProgress'
}
