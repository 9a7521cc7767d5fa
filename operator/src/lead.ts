// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  type Controller,
  createController,
  type createControllerMetrics,
  type Reconcile,
} from '@patchswarm/kube'
import type { Logger } from 'pino'
import { distributionJobReconciler } from './distribution-job/reconciler.ts'
import { enqueueChanges } from './enqueue.ts'
import { nodeDistributionReconciler } from './node-distribution/reconciler.ts'
import { watchOriginSecrets } from './origin-secrets/origin-secrets.ts'
import { p2pProfileReconciler } from './p2p-profile/reconciler.ts'
import type { Parts } from './parts.ts'
import { patchArtifactReconciler } from './patch-artifact/reconciler.ts'
import type { GoneNodes } from './revocation/gone-nodes.ts'
import { publishRevocations } from './revocation/publish.ts'
import { enqueueRevokedNodes, revokedNodeReconciler } from './revocation/reconciler.ts'
import type { Revocations } from './revocation/revocations.ts'
import { watchClusterNetworks } from './tracker/cluster-networks.ts'
import { runPublisher } from './tracker/publisher.ts'
import { renewMemberships } from './tracker/renewal.ts'

export interface LeadOptions {
  parts: Omit<Parts, 'secrets'>
  revocations: Revocations
  goneNodes: GoneNodes
  /** Networks of the cluster that it does not name itself. */
  clusterCidrs: readonly string[]
  log: Logger
  metrics: ReturnType<typeof createControllerMetrics>
}

/** The work of one term as leader, on caches that are complete: five controllers, the publishers and the renewal of memberships, until the signal. */
export async function lead(options: LeadOptions): Promise<void> {
  const { parts: given, revocations, goneNodes, clusterCidrs, log, metrics } = options
  const { term, client, caches } = given
  const operatorNamespace = given.settings.namespace
  const secrets = await watchOriginSecrets({ client, caches, operatorNamespace, log }, term)
  const parts = { ...given, secrets }
  const controller = (name: string, reconcile: Reconcile, workers: number): Controller =>
    createController({ name, reconcile, workers, log, metrics })
  const profiles = controller('p2p-profile', p2pProfileReconciler(parts), 2)
  const artifacts = controller('patch-artifact', patchArtifactReconciler(parts), 4)
  const jobs = controller('distribution-job', distributionJobReconciler(parts), 4)
  const nodeDistributions = controller('node-distribution', nodeDistributionReconciler(parts), 16)
  const revokedNodes = controller(
    'revoked-node',
    revokedNodeReconciler(revocations, goneNodes, parts.tracker),
    1,
  )
  const queues = {
    profiles: profiles.queue,
    artifacts: artifacts.queue,
    jobs: jobs.queue,
    nodeDistributions: nodeDistributions.queue,
  }
  const clusterNetworks = await watchClusterNetworks(
    { client, nodes: caches.nodes, also: clusterCidrs, log },
    term,
  )
  enqueueChanges(parts, queues)
  runPublisher(
    {
      tracker: parts.tracker,
      roster: parts.roster,
      caches,
      readers: parts.readers,
      clusterNetworks,
      operatorNamespace,
      secrets,
      now: parts.now,
      log,
    },
    term,
  )
  publishRevocations(parts.tracker, revocations, caches.revokedNodes, term)
  enqueueRevokedNodes(revokedNodes.queue, goneNodes, caches.revokedNodes, term)
  renewMemberships(parts)
  await Promise.all([profiles, artifacts, jobs, nodeDistributions, revokedNodes].map((one) => one.run(term)))
}
