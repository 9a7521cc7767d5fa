// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { labels, operatorNamespace, type Role, tokenAudience } from '@patchswarm/api'
import { type KubeClient, objectPath, POD, type Pod } from '@patchswarm/kube'
import { vi } from 'vitest'
import { requestPodToken } from '../../../../lab/src/kubelet/service-account-token.ts'

/** Waits for the Pod that Kubernetes' own controllers have made and bound, and says it runs, as a kubelet would. */
export async function runPod(client: KubeClient, profile: string, role: Role, node?: string): Promise<Pod> {
  const pod = await vi.waitFor(
    async () => {
      const labelSelector = `${labels.profile}=${profile},${labels.role}=${role}`
      const pods = await client.for(POD).list({ namespace: operatorNamespace, labelSelector })
      const bound = pods.find(
        (one) =>
          one.spec.nodeName && !one.metadata.deletionTimestamp && (!node || one.spec.nodeName === node),
      )
      if (!bound) throw new Error(`no bound Pod of ${profile} ${role} on ${node ?? 'any node'}`)
      return bound
    },
    { timeout: 20_000, interval: 100 },
  )
  const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  const condition = (type: string) => ({ type, status: 'True', lastTransitionTime: time })
  await client.for(POD).patchStatus(pod.metadata.name, operatorNamespace, {
    phase: 'Running',
    hostIP: '127.0.0.1',
    podIP: '127.0.0.1',
    podIPs: [{ ip: '127.0.0.1' }],
    startTime: time,
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(condition),
  })
  return pod
}

/** Says that the Pods that are to go have ended, as a kubelet would; waits until there is one. */
export async function confirmDeletions(client: KubeClient, profile: string): Promise<void> {
  const labelSelector = `${labels.profile}=${profile},${labels.role}=agent`
  const ending = await vi.waitFor(
    async () => {
      const pods = await client.for(POD).list({ namespace: operatorNamespace, labelSelector })
      const found = pods.filter(({ metadata }) => metadata.deletionTimestamp)
      if (found.length === 0) throw new Error(`no Pod of ${profile} is being deleted`)
      return found
    },
    { timeout: 20_000, interval: 100 },
  )
  for (const { metadata } of ending)
    await client.request('DELETE', objectPath(POD, metadata.name, operatorNamespace), {
      gracePeriodSeconds: 0,
    })
}

/** The token that a kubelet would project into the Pod. */
export async function tokenOf(client: KubeClient, pod: Pod): Promise<string> {
  const { token } = await requestPodToken(client, pod, tokenAudience, 3600, AbortSignal.timeout(20_000))
  return token
}
