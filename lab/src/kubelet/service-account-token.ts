// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { type Client, objectPath, type Pod, SERVICE_ACCOUNT } from '@patchswarm/kube'

export interface BoundToken {
  token: string
  expires: Date
}

/** A token of the Pod's ServiceAccount, bound to the Pod (and so to its node), asked for as the node. */
export async function requestPodToken(
  client: Client,
  pod: Pod,
  audience: string | undefined,
  expirationSeconds: number,
  signal: AbortSignal,
): Promise<BoundToken> {
  const { name, namespace, uid } = pod.metadata
  const path = objectPath(SERVICE_ACCOUNT, pod.spec.serviceAccountName ?? 'default', namespace, 'token')
  const answer = await client.request<{ status: { token: string; expirationTimestamp: string } }>(
    'POST',
    path,
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        ...(audience && { audiences: [audience] }),
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    },
    { signal },
  )
  return { token: answer.status.token, expires: new Date(answer.status.expirationTimestamp) }
}

/** When to ask for the next one: after 80 % of its life, as a kubelet does. */
export function renewalDelay(expires: Date, now: Date): number {
  return Math.max(1000, (expires.getTime() - now.getTime()) * 0.8)
}
