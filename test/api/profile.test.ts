// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  distributionJobs,
  findCondition,
  isConditionTrue,
  operatorNamespace,
  p2pProfiles,
  patchArtifacts,
  type Role,
  workloadName,
} from '@patchswarm/api'
import { DAEMON_SET, NODE, POD } from '@patchswarm/kube'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type OperatorCluster, startOperatorCluster } from './support/operator/cluster.ts'
import { createArtifact, createJob, createProfile, gone, until } from './support/operator/objects.ts'
import { type OperatorProcess, startOperator } from './support/operator/operator-process.ts'
import { delivers, seedsAll, startPeer } from './support/operator/peers.ts'
import { confirmDeletions, runPod } from './support/operator/pods.ts'
import { startSwarm } from './support/operator/swarm.ts'

/** What profiles do with nodes and Pods: the real operator and Kubernetes' own controllers. */
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
const label = (node: string, labels: Record<string, string | null>) =>
  client().for(NODE).patch(node, undefined, { metadata: { labels } })
const agentsWanted = (profile: string, count: number) =>
  vi.waitFor(
    async () => {
      const set = await client().for(DAEMON_SET).get(workloadName(profile, 'agent'), operatorNamespace)
      expect(set.status?.desiredNumberScheduled, profile).toBe(count)
    },
    { timeout: 20_000, interval: 100 },
  )
describe('a node that two profiles match', () => {
  beforeAll(async () => {
    await cluster.addNode('shared', { pool: 'old', tier: 'young' })
    await createProfile(client(), 'old', { nodeSelector: { pool: 'old' } })
    await agentsWanted('old', 1)
    await createProfile(client(), 'young', { nodeSelector: { tier: 'young' } })
  })

  test('stays with the older one, and the younger one names it', async () => {
    const stalled = await until(profileNow('young'), 'False NodeOverlap')
    expect(isConditionTrue(stalled.status?.conditions, 'Stalled')).toBe(true)
    expect(stalled.status?.overlap).toEqual({ count: 1, nodes: [{ node: 'shared', profile: 'old' }] })
    await agentsWanted('young', 0)
    await agentsWanted('old', 1)
  })

  test('goes over when its labels change, and comes back with them', async () => {
    await label('shared', { pool: null })
    await agentsWanted('young', 1)
    await agentsWanted('old', 0)
    // As the kubelet does: the ports of the one are free, and the other starts.
    await confirmDeletions(client(), 'old')
    await runPod(client(), 'young', 'agent', 'shared')
    await until(profileNow('young'), (one) => one.status?.overlap?.count === 0)
    await label('shared', { pool: 'old' })
    await agentsWanted('young', 0)
    await confirmDeletions(client(), 'young')
    await until(profileNow('young'), (one) => one.status?.overlap?.count === 1)
  })

  test('goes over when the older one is disabled or deleted', async () => {
    const enable = (enabled: boolean) =>
      client().for(p2pProfiles).patch('old', undefined, { spec: { enabled } })
    await enable(false)
    await until(profileNow('old'), 'True Disabled')
    await agentsWanted('young', 1)
    await enable(true)
    await agentsWanted('young', 0)
    await client().for(p2pProfiles).delete('old')
    await gone(profileNow('old'))
    await agentsWanted('young', 1)
  })
})

describe('a Pod that does not come up', () => {
  const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "patchswarm/agent:test"' }
  const withoutImage = async (role: Role) => {
    const pod = await runPod(client(), 'broken', role)
    await client()
      .for(POD)
      .patchStatus(pod.metadata.name, operatorNamespace, {
        phase: 'Pending',
        conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }],
        containerStatuses: [
          { name: role, image: 'a', imageID: '', ready: false, restartCount: 0, state: { waiting } },
        ],
      })
    return pod
  }

  test('of an agent is named with what it waits for, and the profile stalls', async () => {
    await cluster.addNode('broken', { pool: 'broken' })
    await createProfile(client(), 'broken', { updateStrategy: { maxUnavailable: 1 } })
    await withoutImage('agent')
    const stalled = await until(profileNow('broken'), 'False AgentsMissing')
    expect(stalled.status?.agents).toMatchObject({
      missing: 1,
      missingNodes: [{ node: 'broken', ...waiting }],
    })
    const set = await client().for(DAEMON_SET).get(workloadName('broken', 'agent'), operatorNamespace)
    expect(set.spec.updateStrategy?.rollingUpdate?.maxUnavailable).toBe(1)
  })

  test('of the seeder stalls the profile and what it is to read, until it is there', async () => {
    const artifactNow = () => client().for(patchArtifacts).get('unread', operatorNamespace)
    await createArtifact(client(), 'unread', { profile: 'broken' })
    await until(artifactNow, 'False WaitingForSeeder')
    const { metadata } = await withoutImage('seeder')
    const stalled = await until(profileNow('broken'), 'False SeederMissing')
    const sentence = `Pod ${metadata.name}: ImagePullBackOff: ${waiting.message}`
    expect(findCondition(stalled.status?.conditions, 'Stalled')?.message).toContain(sentence)
    const waits = await until(artifactNow, 'False SeederMissing')
    expect(findCondition(waits.status?.conditions, 'Stalled')?.message).toContain(sentence)
    await using _ = await startPeer({ client: client(), operator, profile: 'broken', role: 'seeder' })
    await until(profileNow('broken'), 'False AgentsMissing')
    await until(artifactNow, 'False Resolving')
  })
})

test('a node without an allowed root is named', async () => {
  await using swarm = await startSwarm(cluster, operator, 'bare', 1)
  swarm.agents[0]?.behave((desired) => ({
    ...delivers(100)(desired),
    roots: [{ path: '/opt/patches', ready: false, reason: 'RootMissing' }],
  }))
  const named = await until(profileNow('bare'), 'True RootMissing')
  expect(named.status?.roots).toEqual({
    missing: 1,
    missingNodes: [{ node: 'bare-n1', paths: ['/opt/patches'] }],
  })
  expect(named.status?.agents?.versions).toEqual([{ version: 'test', agents: 1 }])
})

test('an agent that is too old for a job fails it there before it begins, and is waited for while it is replaced', async () => {
  const of = { client: client(), operator, profile: 'aged' } as const
  const jobs = client().for(distributionJobs)
  const jobNow = (name: string) => () => jobs.get(name, operatorNamespace)
  const job = (name: string, method: string) =>
    createJob(client(), name, {
      artifacts: [{ name: 'aged' }],
      delivery: { directory: `/opt/patches/${name}`, method },
    })
  await cluster.addNode('aged', { pool: 'aged' })
  await createProfile(client(), 'aged')
  await createArtifact(client(), 'aged', { profile: 'aged' })
  await using seeder = await startPeer({ ...of, role: 'seeder' })
  seeder.behave(seedsAll)
  const old = await startPeer({ ...of, role: 'agent', node: 'aged', understands: 1 })
  old.behave(delivers(100))
  await job('plain', 'Auto')
  await until(jobNow('plain'), 'True Completed')
  await job('copied', 'Copy')
  const failed = await until(jobNow('copied'), 'False NodesFailed')
  expect(failed.status?.failedNodes).toMatchObject([{ node: 'aged', reason: 'AgentTooOld' }])
  expect(failed.status?.failedNodes?.[0]?.message).toContain(
    'version test speaks protocol 1, and spec.delivery.method needs protocol 2',
  )

  await client()
    .for(p2pProfiles)
    .patch('aged', undefined, { spec: { resources: { limits: { memory: '1Gi' } } } })
  await vi.waitFor(
    async () => {
      const set = await client().for(DAEMON_SET).get(workloadName('aged', 'agent'), operatorNamespace)
      expect(set.status?.updatedNumberScheduled ?? 0).toBe(0)
      expect(set.status?.observedGeneration).toBe(set.metadata.generation)
      expect(set.metadata.generation).toBe(2)
    },
    { timeout: 20_000, interval: 100 },
  )
  await job('waits', 'Copy')
  await until(jobNow('waits'), 'False WaitingForAgents')
  await old[Symbol.asyncDispose]()
  await confirmDeletions(client(), 'aged')
  await using newer = await startPeer({ ...of, role: 'agent', node: 'aged' })
  newer.behave(delivers(100))
  await until(jobNow('waits'), 'True Completed')
  await jobs.patch('copied', operatorNamespace, { spec: { rollout: { retryToken: 'updated' } } })
  await until(jobNow('copied'), 'True Completed')
  expect(new Set(old.history.flatMap(({ deliveries }) => deliveries.map((one) => one.job)))).toEqual(
    new Set([`${operatorNamespace}/plain`]),
  )
})
