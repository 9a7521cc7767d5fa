// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { operatorNamespace } from '@patchswarm/api'
import type { TestCluster } from '../providers/provider.ts'

/** What one would look at first after a failure. */
const LOOKS: readonly string[] = [
  'get pods -A -o wide',
  'get p2pprofiles,patchartifacts,distributionjobs,nodedistributions -A -o wide',
  'get events -A --sort-by=.lastTimestamp',
  `-n ${operatorNamespace} describe pods`,
  `-n ${operatorNamespace} logs -l app.kubernetes.io/part-of=patchswarm --tail=30 --prefix`,
  `-n ${operatorNamespace} logs -l patchswarm.dev/role --tail=30 --prefix`,
]

export async function diagnosis(cluster: TestCluster): Promise<string> {
  const answers = LOOKS.map(async (look) => {
    const answer = await cluster.kubectl(look.split(' ')).catch(String)
    return `$ kubectl ${look}\n${answer.split('\n').slice(-80).join('\n')}`
  })
  return (await Promise.all(answers)).join('\n')
}
