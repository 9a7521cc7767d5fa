// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { once } from 'node:events'
import { createClient, createLeaderElection, loadKubeConfig } from '@patchswarm/kube'
import { TIMES } from './candidate.ts'

/** Leads until it is killed; prints the epoch when it begins to. */
const [kubeconfigPath = '', namespace = '', identity = ''] = process.argv.slice(2)
const client = createClient({
  kubeConfig: loadKubeConfig(kubeconfigPath),
  fieldManager: 'patchswarm-operator',
})
const election = createLeaderElection({ client, namespace, name: 'leader', identity, ...TIMES })
await election.run(new AbortController().signal, async (signal, epoch) => {
  console.log(epoch)
  await once(signal, 'abort')
})
