// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DaemonSet, Pod } from '@patchswarm/kube'
import { podsOf } from './down.ts'

/** By these two Kubernetes' own controller tells Pods of the newest template from others. */
const generationOfTemplate = 'deprecated.daemonset.template.generation'
const generationOfPod = 'pod-template-generation'

/**
 * Those of the nodes whose agent is about to be replaced: the DaemonSet has not the operator's image yet, or no Pod of its
 * newest template runs there. That other nodes wait for theirs, perhaps because they are away, is nothing to these.
 */
export function agentsToRoll(
  nodes: readonly string[],
  set: DaemonSet | undefined,
  image: string,
  pods: readonly Pod[],
): Set<string> {
  if (!set || set.spec.template.spec.containers[0]?.image !== image) return new Set(nodes)
  const newest = set.metadata.annotations?.[generationOfTemplate]
  const renewed = podsOf(pods, 'agent').filter(
    ({ metadata }) => metadata.labels?.[generationOfPod] === newest,
  )
  const stay = new Set(renewed.map(({ spec }) => spec.nodeName))
  return new Set(nodes.filter((node) => !stay.has(node)))
}
