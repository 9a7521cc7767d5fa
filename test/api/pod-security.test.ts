// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type Role, workloadName } from '@patchswarm/api'
import { NAMESPACE, POD, SERVICE_ACCOUNT } from '@patchswarm/kube'
import { expect, test } from 'vitest'
import { podTemplateFor } from '../../operator/src/p2p-profile/pod.ts'
import { profile } from '../../operator/src/testing/objects.ts'
import { connect, makeNamespace } from './support/cluster.ts'

const client = connect()
const settings = {
  namespace: 'patchswarm-system',
  agentImage: 'patchswarm/agent:test',
  agentPullPolicy: 'IfNotPresent' as const,
  agentPullSecrets: [],
  agentPriorityClass: undefined,
  trackerAddress: '127.0.0.1:7443',
  trackerPeerId: '12D3KooWOperator',
  logLevel: 'info',
}

/** What the API server's own Pod Security admission says of the Pods that the operator makes. */
test.for<{ role: Role; spec?: object; level: string; admitted: boolean }>([
  { role: 'agent', level: 'privileged', admitted: true },
  { role: 'agent', level: 'baseline', admitted: false },
  { role: 'seeder', level: 'restricted', admitted: true },
  {
    role: 'seeder',
    spec: { seeder: { import: { hostPath: '/srv/import' } } },
    level: 'baseline',
    admitted: false,
  },
])('the API server admits $role at $level: $admitted', async ({ role, spec, level, admitted }) => {
  const namespace = await makeNamespace(client, 'pod-security')
  const labels = { 'pod-security.kubernetes.io/enforce': level }
  await client.for(NAMESPACE).patch(namespace, undefined, { metadata: { labels } })
  const one = profile(spec)
  const { metadata, spec: pod } = podTemplateFor(one, role, settings)
  const account = workloadName(one.metadata.name, role)
  await client.for(SERVICE_ACCOUNT).create({ metadata: { name: account, namespace } })
  const made = client.for(POD).create({ metadata: { ...metadata, name: role, namespace }, spec: pod })
  if (admitted) await made
  else await expect(made).rejects.toThrow(/violates PodSecurity/)
})
