// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { cleanupFinalizer, operatorNamespace, p2pProfiles } from '@patchswarm/api'
import {
  type Clock,
  createClient,
  DAEMON_SET,
  type KubeClient,
  loadKubeConfig,
  STATEFUL_SET,
  systemClock,
} from '@patchswarm/kube'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { applyDefaultProfile } from '../../operator/src/hooks/default-profile.ts'
import { uninstall } from '../../operator/src/hooks/uninstall.ts'
import { silent } from './support/cluster.ts'
import { type OperatorCluster, startOperatorCluster } from './support/operator/cluster.ts'
import { gone, readiness, until } from './support/operator/objects.ts'
import { type OperatorProcess, startOperator } from './support/operator/operator-process.ts'
import { startSwarm } from './support/operator/swarm.ts'

/** Before a release goes, as its Job does it: with the operator's permissions and no others. */
let cluster: OperatorCluster
let operator: OperatorProcess
let client: KubeClient
const cleanUp = new AsyncDisposableStack()

beforeAll(async () => {
  cluster = cleanUp.use(await startOperatorCluster())
  operator = cleanUp.use(await startOperator(cluster.operatorKubeconfig))
  client = createClient({ kubeConfig: loadKubeConfig(cluster.operatorKubeconfig), fieldManager: 'test' })
})
afterAll(() => cleanUp.disposeAsync())

const profile = (name: string) => cluster.client.for(p2pProfiles).get(name)
const leave = (clock: Clock = systemClock) =>
  uninstall({ client, namespace: operatorNamespace, log: silent, clock, signal: AbortSignal.timeout(50_000) })
const workloads = async (): Promise<string[]> => {
  const sets = await Promise.all(
    [DAEMON_SET, STATEFUL_SET].map((kind) => cluster.client.for(kind).list({ namespace: operatorNamespace })),
  )
  return sets.flat().map(({ metadata }) => metadata.name)
}

test('uninstalling waits until agents have emptied their caches, and leaves nothing that would hang', async () => {
  await using swarm = await startSwarm(cluster, operator, 'going', 1)
  const [agent] = swarm.agents
  await until(
    () => profile('going'),
    (one) => one.status?.agents?.connected === 1,
  )
  agent?.behave(() => ({ artifacts: [], deliveries: [], wiped: false }))
  swarm.seeder.behave(({ wipe }) => ({ artifacts: [], deliveries: [], wiped: wipe }))
  const leaving = leave()
  await until(() => profile('going'), 'False CleaningUp')
  expect(await workloads()).toContain('patchswarm-going-agent')
  agent?.behave(({ wipe }) => ({ artifacts: [], deliveries: [], wiped: wipe }))
  await leaving
  const left = await profile('going')
  expect([left.spec.enabled, left.metadata.finalizers ?? []]).toEqual([false, []])
  expect(await workloads()).toEqual([])
})

test('the default profile is applied with what its values say, and enabled again after an uninstall', async () => {
  const apply = (spec: object) =>
    applyDefaultProfile({
      client: cluster.client,
      text: JSON.stringify({ name: 'going', spec }),
      log: silent,
      clock: systemClock,
      signal: AbortSignal.timeout(20_000),
    })
  await apply({ nodeSelector: { pool: 'nobody' } })
  expect((await profile('going')).spec).toMatchObject({ enabled: true, nodeSelector: { pool: 'nobody' } })
  await expect(apply({ transport: { port: 22 } })).rejects.toThrow(/port/)
})

test('without an operator it does not wait for ever, but removes what the operator has made', async () => {
  await until(
    () => profile('going'),
    (one) =>
      readiness(one) !== 'True Disabled' && one.metadata.finalizers?.includes(cleanupFinalizer) === true,
  )
  expect(await workloads()).toContain('patchswarm-going-agent')
  await operator.stop()
  // A hundred times as fast, for the time in which another replica would have taken over.
  await leave({ ...systemClock, now: () => 100 * systemClock.now() })
  expect(await workloads()).toEqual([])
  await cluster.client.for(p2pProfiles).delete('going')
  await gone(() => profile('going'))
})
