// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  type DistributionJob,
  distributionJobs,
  operatorNamespace,
  p2pProfiles,
  patchArtifacts,
} from '@patchswarm/api'
import { afterAll, beforeAll } from 'vitest'
import { type OperatorCluster, startOperatorCluster } from './cluster.ts'
import { createArtifact, createJob, until, type WithConditions } from './objects.ts'
import { type OperatorProcess, startOperator } from './operator-process.ts'
import { type Swarm, startSwarm } from './swarm.ts'

/**
 * For all tests of a file: the real operator with the permissions it is installed with, and a profile with real Pods' tokens,
 * peers that speak the real protocol, and the artifact "patch", which is Seeded.
 */
export function givenOperator(profile: string, nodes: number) {
  let cluster: OperatorCluster
  let operator: OperatorProcess
  let swarm: Swarm
  const cleanUp = new AsyncDisposableStack()
  const client = () => cluster.client
  const artifactNow =
    (name: string, namespace = operatorNamespace) =>
    () =>
      client().for(patchArtifacts).get(name, namespace)

  beforeAll(async () => {
    cluster = cleanUp.use(await startOperatorCluster())
    operator = cleanUp.use(await startOperator(cluster.operatorKubeconfig))
    swarm = cleanUp.use(await startSwarm(cluster, operator, profile, nodes))
    await createArtifact(client(), 'patch', { profile })
    await until(artifactNow('patch'), 'True Seeded')
  })
  afterAll(() => cleanUp.disposeAsync())

  return {
    cluster: () => cluster,
    client,
    operator: () => operator,
    swarm: () => swarm,
    artifactNow,
    jobNow:
      (name: string, namespace = operatorNamespace) =>
      () =>
        client().for(distributionJobs).get(name, namespace),
    profileNow: (name: string) => () => client().for(p2pProfiles).get(name),
    /** Of the artifact "patch". */
    job: (name: string, spec: object = {}) =>
      createJob(client(), name, { artifacts: [{ name: 'patch' }], ...spec }),
    changeJob: (name: string, spec: object) =>
      client().for(distributionJobs).patch(name, operatorNamespace, { spec }),
  }
}

/** How many nodes of a job are where. */
export function numbersOf({ status }: DistributionJob) {
  const { waiting, active, succeeded, failed, skipped } = status ?? {}
  return { waiting, active, succeeded, failed, skipped }
}

/** What the object says for people of being Ready or not. */
export const messageOf = ({ status }: WithConditions): string | undefined =>
  status?.conditions?.find((one) => one.type === 'Ready')?.message
