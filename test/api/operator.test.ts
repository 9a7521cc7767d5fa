// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  distributionJobs,
  isConditionTrue,
  labels,
  nodeDistributions,
  operatorNamespace,
  p2pProfiles,
  patchArtifacts,
} from '@patchswarm/api'
import { DAEMON_SET, EVENT, NAMESPACE, SERVICE, SERVICE_ACCOUNT, STATEFUL_SET } from '@patchswarm/kube'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type OperatorCluster, startOperatorCluster } from './support/operator/cluster.ts'
import {
  createArtifact,
  createJob,
  createProfile,
  gone,
  readiness,
  rowsOf,
  until,
} from './support/operator/objects.ts'
import { type OperatorProcess, startOperator } from './support/operator/operator-process.ts'
import {
  delivers,
  fails,
  seedsAll,
  startPeer,
  type TestPeer,
  testArtifact,
} from './support/operator/peers.ts'

let cluster: OperatorCluster
let operator: OperatorProcess
const cleanUp = new AsyncDisposableStack()

beforeAll(async () => {
  cluster = cleanUp.use(await startOperatorCluster())
  operator = cleanUp.use(await startOperator(cluster.operatorKubeconfig))
})
afterAll(() => cleanUp.disposeAsync())

const client = () => cluster.client
const profileNow = (name: string) => () => client().for(p2pProfiles).get(name)
const artifactNow =
  (name: string, namespace = operatorNamespace) =>
  () =>
    client().for(patchArtifacts).get(name, namespace)
const jobNow =
  (name: string, namespace = operatorNamespace) =>
  () =>
    client().for(distributionJobs).get(name, namespace)

interface Swarm extends AsyncDisposable {
  seeder: TestPeer
  agents: TestPeer[]
}

/** A profile of its own with nodes, agents and a seeder that run. */
async function startSwarm(profile: string, nodes: number): Promise<Swarm> {
  const peers = new AsyncDisposableStack()
  await createProfile(client(), profile)
  const names = Array.from({ length: nodes }, (_, index) => `${profile}-n${index + 1}`)
  for (const name of names) await cluster.addNode(name, { pool: profile })
  const start = async (role: 'agent' | 'seeder', node?: string) =>
    peers.use(await startPeer({ client: client(), operator, profile, role, ...(node ? { node } : {}) }))
  const seeder = await start('seeder')
  const agents = await Promise.all(names.map((name) => start('agent', name)))
  return { seeder, agents, [Symbol.asyncDispose]: () => peers.disposeAsync() }
}

describe('a swarm from profile to delivered file', () => {
  test('a profile gets its DaemonSet, seeder and accounts, and is Ready when their Pods are', async () => {
    await using _swarm = await startSwarm('basic', 2)
    const profile = await until(profileNow('basic'), 'True AgentsReady')
    expect(profile.status).toMatchObject({
      agents: { desired: 2, ready: 2, updated: 2 },
      seeders: { desired: 1, ready: 1 },
    })
    const daemonSet = await client().for(DAEMON_SET).get('patchswarm-basic-agent', operatorNamespace)
    expect(daemonSet.spec.template.spec).toMatchObject({
      hostNetwork: true,
      dnsPolicy: 'ClusterFirstWithHostNet',
      automountServiceAccountToken: false,
      serviceAccountName: 'patchswarm-basic-agent',
    })
    await until(profileNow('basic'), (one) => one.status?.agents?.connected === 2)
    // Nothing is applied again and again once it is as wanted.
    const before = daemonSet.metadata.generation
    expect(
      (await client().for(DAEMON_SET).get('patchswarm-basic-agent', operatorNamespace)).metadata.generation,
    ).toBe(before)
  })

  test('an artifact becomes Ready and a job brings it to every node', async () => {
    await using swarm = await startSwarm('main', 3)
    swarm.seeder.behave(seedsAll)
    await createArtifact(client(), 'main-patch', { profile: 'main' })
    const artifact = await until(artifactNow('main-patch'), 'True Seeded')
    expect(artifact.status).toMatchObject({
      cid: testArtifact.cid,
      size: testArtifact.size,
      chunks: testArtifact.chunks,
      seeders: 1,
      progressPercent: 100,
      origin: { bytesRead: testArtifact.size },
    })
    for (const agent of swarm.agents) agent.behave(delivers(40))
    await createJob(client(), 'main-job', { artifacts: [{ name: 'main-patch' }] })
    const running = await until(jobNow('main-job'), (job) => job.status?.progressPercent === 40)
    expect(running.status).toMatchObject({ desired: 3, active: 3, waiting: 0, originAmplification: '1.000' })
    expect(readiness(running)).toBe('False Distributing')

    for (const agent of swarm.agents) agent.behave(delivers(100))
    const done = await until(jobNow('main-job'), 'True Completed')
    expect(isConditionTrue(done.status?.conditions, 'Complete')).toBe(true)
    expect(done.status).toMatchObject({
      desired: 3,
      active: 0,
      succeeded: 3,
      failed: 0,
      progressPercent: 100,
      savings: { percent: 66 },
      bytes: { origin: testArtifact.size, peers: 3 * testArtifact.size },
    })
    const rows = await rowsOf(client(), 'main-job')
    expect(
      rows.map((row) => `${row.spec.nodeName} ${row.status?.state} ${row.status?.progressPercent}`).sort(),
    ).toEqual(['main-n1 Delivered 100', 'main-n2 Delivered 100', 'main-n3 Delivered 100'])
    await vi.waitFor(() => expect(swarm.agents[0]?.desired?.deliveries).toEqual([]))
  })
})
