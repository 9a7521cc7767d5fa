// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { generateKeyPairSync, sign } from 'node:crypto'
import {
  type DistributionJob,
  distributionJobs,
  isConditionTrue,
  labels,
  type NodeDistribution,
  nodeDistributions,
  operatorNamespace,
  type PatchArtifact,
  p2pProfiles,
  patchArtifacts,
  revokedNodesConfigMap,
} from '@patchswarm/api'
import {
  CONFIG_MAP,
  createInformer,
  DAEMON_SET,
  EVENT,
  NAMESPACE,
  NODE,
  POD,
  SECRET,
  SERVICE,
  SERVICE_ACCOUNT,
  STATEFUL_SET,
} from '@patchswarm/kube'
import { createIdentity } from '@patchswarm/swarm/identity'
import { swarmId } from '@patchswarm/swarm/manifest'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { budgetOf } from '../../operator/src/tracker/budget.ts'
import { silent } from './support/cluster.ts'
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
  collects,
  delivers,
  fails,
  seedsAll,
  startPeer,
  type TestPeer,
  testArtifact,
} from './support/operator/peers.ts'
import { runPod, tokenOf } from './support/operator/pods.ts'
import { type Swarm, startSwarm } from './support/operator/swarm.ts'

/** The real operator with the permissions it is installed with; real Pods' tokens; peers that speak the real protocol. */
let cluster: OperatorCluster
let operator: OperatorProcess
/** Profile "main" with three nodes, for all tests that do not end it. */
let main: Swarm
const cleanUp = new AsyncDisposableStack()

beforeAll(async () => {
  cluster = cleanUp.use(await startOperatorCluster())
  operator = cleanUp.use(await startOperator(cluster.operatorKubeconfig))
  main = cleanUp.use(await startSwarm(cluster, operator, 'main', 3))
  await createArtifact(client(), 'patch', { profile: 'main' })
  await until(artifactNow('patch'), 'True Seeded')
})
afterAll(() => cleanUp.disposeAsync())
beforeEach(() => {
  for (const agent of main.agents) agent.behave(delivers(100))
})

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
const changeJob = (name: string, spec: object) =>
  client().for(distributionJobs).patch(name, operatorNamespace, { spec })
const job = (name: string, spec: object = {}) =>
  createJob(client(), name, { artifacts: [{ name: 'patch' }], ...spec })
const numbers = ({ status }: DistributionJob) => {
  const { waiting, active, succeeded, failed, skipped } = status ?? {}
  return { waiting, active, succeeded, failed, skipped }
}
const message = ({ status }: DistributionJob) =>
  status?.conditions?.find((one) => one.type === 'Ready')?.message

describe('from profile to delivered file', () => {
  test('a profile gets DaemonSet, seeder and accounts and is Ready when their Pods are', async () => {
    const profile = await until(profileNow('main'), (one) => one.status?.agents?.connected === 3)
    expect(readiness(profile)).toBe('True AgentsReady')
    expect(profile.status).toMatchObject({
      agents: { desired: 3, ready: 3, updated: 3, connected: 3 },
      seeders: { desired: 1, ready: 1 },
    })
    const daemonSet = await client().for(DAEMON_SET).get('patchswarm-main-agent', operatorNamespace)
    expect(daemonSet.spec.template.spec).toMatchObject({
      hostNetwork: true,
      dnsPolicy: 'ClusterFirstWithHostNet',
      automountServiceAccountToken: false,
      serviceAccountName: 'patchswarm-main-agent',
    })
    // Applied once: what the API server fills in is not taken for a change.
    expect(daemonSet.metadata.generation).toBe(1)
  })

  test('an artifact that the seeder has read is Ready with all that is known of it', async () => {
    const { status } = await artifactNow('patch')()
    expect(status).toMatchObject({
      cid: testArtifact.cid,
      sha256: testArtifact.digest.slice(7),
      size: testArtifact.size,
      chunks: testArtifact.chunks,
      chunkSize: testArtifact.chunkSize,
      seeders: 1,
      progressPercent: 100,
      origin: { bytesRead: testArtifact.size },
    })
  })

  test('a job shows progress and ends Complete with a row for every node', async () => {
    for (const agent of main.agents) agent.behave(delivers(40))
    await job('plain')
    const running = await until(jobNow('plain'), (one) => one.status?.progressPercent === 40)
    expect(readiness(running)).toBe('False Distributing')
    expect(running.status).toMatchObject({ desired: 3, active: 3, waiting: 0, originAmplification: '1.000' })
    expect(running.status?.estimatedCompletion).toBeDefined()
    expect(running.status?.slowestNodes).toHaveLength(3)

    for (const agent of main.agents) agent.behave(delivers(100))
    const done = await until(jobNow('plain'), 'True Completed')
    expect(isConditionTrue(done.status?.conditions, 'Complete')).toBe(true)
    expect(done.status).toMatchObject({
      ...{ desired: 3, waiting: 0, active: 0, succeeded: 3, failed: 0, skipped: 0, progressPercent: 100 },
      savings: { bytes: 2 * testArtifact.size, percent: 66 },
      bytes: {
        origin: testArtifact.size,
        peers: 3 * testArtifact.size,
        cache: 0,
        total: 3 * testArtifact.size,
      },
    })
    expect(done.status?.estimatedCompletion).toBeUndefined()
    const rows = await rowsOf(client(), 'plain')
    expect(rows.map(({ spec, status }) => `${spec.nodeName} ${status?.state}`).sort()).toEqual(
      main.nodes.map((name) => `${name} Delivered`),
    )
    expect(rows[0]?.status?.files).toEqual([
      { path: '/opt/patches/base/patch-1.bin', sha256: testArtifact.digest.slice(7) },
    ])
    // What is written down is not handed out any more; the artifact stays.
    await vi.waitFor(() => expect(main.agents[0]?.desired?.deliveries).toEqual([]), 10_000)
    expect(main.agents[0]?.desired?.artifacts).toMatchObject([{ wanted: false, cid: testArtifact.cid }])
  })

  test('a quick node costs three writes: its row, that it works, that it is done', async () => {
    const stop = new AbortController()
    const informer = createInformer({ client: client(), resource: nodeDistributions, log: silent })
    const changes: string[] = []
    informer.onChange(({ type, object }) => {
      if (object.spec.job === 'cheap' && object.spec.nodeName === 'main-n1')
        changes.push(`${type} ${object.status?.state}`)
    })
    informer.start(stop.signal)
    await informer.synced()
    for (const percent of [10, 30, 50, 70]) {
      for (const agent of main.agents) agent.behave(delivers(percent))
      if (percent === 10) await job('cheap')
      await vi.waitFor(() => expect(main.agents[0]?.desired?.deliveries).toHaveLength(1), 10_000)
    }
    await vi.waitFor(() => expect(changes).toHaveLength(2), 10_000)
    for (const agent of main.agents) agent.behave(delivers(100))
    await until(jobNow('cheap'), 'True Completed')
    stop.abort()
    expect(changes).toEqual(['added undefined', 'modified Fetching', 'modified Delivered'])
  })

  test('the events of a job tell its reasons', async () => {
    await job('told')
    await until(jobNow('told'), 'True Completed')
    const reasons = async () => {
      const events = await client().for(EVENT).list({ namespace: operatorNamespace })
      return events.filter((one) => one.involvedObject.name === 'told').map((one) => one.reason)
    }
    await vi.waitFor(async () => expect((await reasons()).sort()).toEqual(['Completed', 'Distributing']))
    const kinds = (await client().for(EVENT).list({ namespace: operatorNamespace })).map(
      (one) => one.involvedObject.kind,
    )
    expect(kinds).not.toContain('NodeDistribution')
  })

  test('peers learn each other, and of their addresses only those in the allowed networks', async () => {
    await vi.waitFor(() => expect(main.seeder.desired?.artifacts).toHaveLength(1), 10_000)
    await job('peers')
    await until(jobNow('peers'), 'True Completed')
    const [self, ...others] = main.agents[0]!.peers
    expect(self?.peerId).toBe(main.agents[0]!.peerId)
    expect(others.map(({ addresses }) => addresses)).toContainEqual(['/ip4/10.0.0.1/tcp/4001'])
    expect(others.flatMap(({ addresses }) => addresses)).not.toContain('/ip4/203.0.113.1/tcp/4001')
  })

  test('they learn which site each is in, and at once when the label or its name is another', async () => {
    const [first, second] = main.agents as [TestPeer, TestPeer]
    for (const agent of main.agents) agent.behave(delivers(40))
    await job('sites')
    const told = (sites: string[]) =>
      vi.waitFor(() => {
        const at = (peerId: string) => second.peers.find((one) => one.peerId === peerId)
        expect([first, second].map(({ peerId }) => at(peerId)?.site)).toEqual(sites)
        expect(at(second.peerId)?.elected).toBe(new Set(sites).size > 1)
      }, 10_000)
    await told(['', ''])
    await client()
      .for(NODE)
      .patch('main-n1', undefined, { metadata: { labels: { store: '7' } } })
    await client()
      .for(p2pProfiles)
      .patch('main', undefined, { spec: { siteLabel: 'store' } })
    await told(['7', ''])
    await client()
      .for(NODE)
      .patch('main-n2', undefined, { metadata: { labels: { store: '8' } } })
    await told(['7', '8'])
    await vi.waitFor(() => expect([first, second].map(({ site }) => site)).toEqual(['7', '8']), 10_000)
    await client()
      .for(p2pProfiles)
      .patch('main', undefined, { spec: { siteLabel: '' } })
    await told(['', ''])
    for (const agent of main.agents) agent.behave(delivers(100))
    await until(jobNow('sites'), 'True Completed')
  })
})

describe('what does not fit is said, and waits or stalls', () => {
  test('an unknown profile is waited for', async () => {
    await createArtifact(client(), 'early', { profile: 'unborn' })
    await createJob(client(), 'early', { artifacts: [{ name: 'early' }] })
    await until(artifactNow('early'), 'False WaitingForProfile')
    await until(jobNow('early'), 'False WaitingForProfile')
    await createProfile(client(), 'unborn')
    await until(artifactNow('early'), 'False WaitingForSeeder')
    await until(jobNow('early'), (one) => readiness(one) === 'False NoNodesSelected')
  })

  test('an unknown artifact is waited for', async () => {
    await createJob(client(), 'orphan', { artifacts: [{ name: 'absent' }] })
    const waiting = await until(jobNow('orphan'), 'False WaitingForArtifact')
    expect(message(waiting)).toBe(
      `There is no PatchArtifact absent in namespace ${operatorNamespace} yet; the job starts once it is there and Ready.`,
    )
  })

  test('a job that means no node stalls, and goes on when a node is labelled', async () => {
    await job('nobody', { target: { nodeSelector: { matchLabels: { wanted: 'yes' } } } })
    const stalled = await until(jobNow('nobody'), 'False NoNodesSelected')
    expect(isConditionTrue(stalled.status?.conditions, 'Stalled')).toBe(true)
    await client()
      .for(NODE)
      .patch('main-n2', undefined, { metadata: { labels: { wanted: 'yes' } } })
    const done = await until(jobNow('nobody'), 'True Completed')
    expect(done.status?.desired).toBe(1)
  })

  test('a namespace that is not allowed gets nothing until it is', async () => {
    await client()
      .for(NAMESPACE)
      .create({ metadata: { name: 'team-a' } })
    await createArtifact(client(), 'theirs', { profile: 'main' }, 'team-a')
    await createJob(client(), 'theirs', { artifacts: [{ name: 'theirs' }] }, 'team-a')
    await until(artifactNow('theirs', 'team-a'), 'False NamespaceNotAllowed')
    await until(jobNow('theirs', 'team-a'), 'False NamespaceNotAllowed')
    expect(main.seeder.desired?.artifacts).toHaveLength(1)
    const allowed = { matchExpressions: [{ key: 'team', operator: 'Exists' }] }
    try {
      await client()
        .for(p2pProfiles)
        .patch('main', undefined, { spec: { allowedNamespaces: allowed } })
      await until(artifactNow('patch'), 'False NamespaceNotAllowed')
      await client()
        .for(NAMESPACE)
        .patch('team-a', undefined, { metadata: { labels: { team: 'a' } } })
      await until(artifactNow('theirs', 'team-a'), 'True Seeded')
      await until(jobNow('theirs', 'team-a'), 'True Completed')
    } finally {
      await client()
        .for(p2pProfiles)
        .patch('main', undefined, { spec: { allowedNamespaces: null } })
      await until(artifactNow('patch'), 'True Seeded')
    }
  })

  test('a directory outside the roots stalls the job and reaches no node', async () => {
    await job('outside', { delivery: { directory: '/opt/other' } })
    const stalled = await until(jobNow('outside'), 'False DirectoryNotAllowed')
    expect(message(stalled)).toBe(
      '/opt/other is not below an allowed root (spec.delivery.allowedRoots) of P2PProfile main: use a directory below /opt/patches.',
    )
    expect(await rowsOf(client(), 'outside')).toEqual([])
  })

  test('a wrong digest stalls the artifact and the job that wants it', async () => {
    const found = 'cd'.repeat(32)
    const digest = `sha256:${'12'.repeat(32)}`
    main.seeder.behave((desired) => {
      const { artifacts, ...rest } = seedsAll(desired)
      const wrong = { state: 'Failed', reason: 'DigestMismatch', sha256: found, cid: '' }
      return {
        ...rest,
        artifacts: artifacts.map((one) => (one.sha256 === '12'.repeat(32) ? { ...one, ...wrong } : one)),
      }
    })
    await createArtifact(client(), 'wrong', { profile: 'main', digest })
    await createJob(client(), 'wrong', { artifacts: [{ name: 'wrong' }] })
    const stalled = await until(artifactNow('wrong'), 'False DigestMismatch')
    expect(stalled.status?.conditions?.[0]?.message).toContain(
      `The sources send sha256:${found}, not ${digest}.`,
    )
    await until(jobNow('wrong'), 'False ArtifactFailed')
    // The seeder is not asked to read the same wrong file again.
    await vi.waitFor(() =>
      expect(main.seeder.desired?.artifacts.find((one) => one.digest === digest)?.wanted).toBe(false),
    )
    await client().for(patchArtifacts).delete('wrong', operatorNamespace)
    await vi.waitFor(() =>
      expect(main.seeder.desired?.artifacts.some((one) => one.digest === digest)).toBe(false),
    )
    main.seeder.behave(seedsAll)
  })

  test('nodes that fail are named with their reasons, and the job has Failed', async () => {
    main.agents[1]?.behave(fails('RootMissing', '/opt/patches does not exist on the node: make it.'))
    await job('partly')
    const failed = await until(jobNow('partly'), 'False NodesFailed')
    expect(isConditionTrue(failed.status?.conditions, 'Failed')).toBe(true)
    expect(numbers(failed)).toEqual({ waiting: 0, active: 0, succeeded: 2, failed: 1, skipped: 0 })
    expect(failed.status?.failedNodes).toEqual([
      {
        node: 'main-n2',
        reason: 'RootMissing',
        message: '/opt/patches does not exist on the node: make it.',
      },
    ])
  })
})

describe('pace', () => {
  test('no more nodes are at work than maxConcurrent', async () => {
    for (const agent of main.agents) agent.behave(delivers(10))
    await job('slowly', { rollout: { maxConcurrent: 1 } })
    for (let done = 0; done < 3; done += 1) {
      const wanted = { waiting: 2 - done, active: 1, succeeded: done, failed: 0, skipped: 0 }
      await until(jobNow('slowly'), (one) => JSON.stringify(numbers(one)) === JSON.stringify(wanted))
      const rows = await rowsOf(client(), 'slowly')
      expect(rows).toHaveLength(done + 1)
      const active = rows.find((one) => one.status?.state !== 'Delivered')?.spec.nodeName ?? ''
      main.agents[main.nodes.indexOf(active)]?.behave(delivers(100))
    }
    await until(jobNow('slowly'), 'True Completed')
  })

  test('a suspended job starts no node and pauses those at work within five seconds, until it goes on', async () => {
    for (const agent of main.agents) agent.behave(delivers(10))
    await job('paused', { suspend: true })
    const paused = await until(jobNow('paused'), 'False Suspended')
    expect(isConditionTrue(paused.status?.conditions, 'Suspended')).toBe(true)
    expect(await rowsOf(client(), 'paused')).toEqual([])

    await changeJob('paused', { suspend: false })
    await until(jobNow('paused'), (one) => one.status?.active === 3)
    await changeJob('paused', { suspend: true })
    await vi.waitFor(() => {
      expect(main.agents[0]?.desired?.deliveries).toMatchObject([{ suspended: true }])
      expect(main.agents[0]?.desired?.artifacts).toMatchObject([{ wanted: true, suspended: true }])
    }, 5_000)
    await changeJob('paused', { suspend: false })
    for (const agent of main.agents) agent.behave(delivers(100))
    await until(jobNow('paused'), 'True Completed')
  })

  test('changed limits, with all their windows, reach everybody within five seconds', async () => {
    const hours = { days: ['Mon'], start: '22:00', end: '06:00', timeZone: 'Europe/Berlin' }
    const bandwidth = { upload: '100Mbit', windows: [{ ...hours, upload: 'Unlimited', origin: '8Mbit' }] }
    const startedAt = performance.now()
    await client().for(p2pProfiles).patch('main', undefined, { spec: { bandwidth } })
    await vi.waitFor(() => {
      for (const { desired } of [main.seeder, ...main.agents]) {
        expect(desired?.bandwidth).toMatchObject({
          rates: { upload: 12_500_000 },
          windows: [{ ...hours, rates: { upload: 0, origin: 1_000_000 } }],
        })
      }
    }, 5000)
    if (process.env.TEST_LOG) console.log(`limits reached all after ${performance.now() - startedAt} ms`)
    await client()
      .for(p2pProfiles)
      .patch('main', undefined, { spec: { bandwidth: null } })
    await vi.waitFor(() => expect(main.agents[0]?.desired?.bandwidth?.windows).toEqual([]), 5000)
  })

  test('readers alone hear where sources may be, and the networks of the cluster, where they may not', async () => {
    const origin = { allowedDomains: ['origin.example'], tlsMinVersion: '1.3' }
    await client().for(p2pProfiles).patch('main', undefined, { spec: { origin } })
    await vi.waitFor(() => {
      expect(main.seeder.desired?.originAccess).toMatchObject({
        ...origin,
        clusterNetworks: ['10.96.0.0/16'],
      })
    }, 5000)
    expect(main.agents[0]?.desired?.originAccess).toBeUndefined()
    await client()
      .for(p2pProfiles)
      .patch('main', undefined, { spec: { origin: null } })
  })

  test('a node without an agent waits and is skipped when it goes', async () => {
    await cluster.addNode('main-bare', { pool: 'main' })
    await job('bare')
    const waiting = await until(jobNow('bare'), (one) => one.status?.succeeded === 3)
    expect(numbers(waiting)).toEqual({ waiting: 1, active: 0, succeeded: 3, failed: 0, skipped: 0 })
    await until(jobNow('bare'), 'False WaitingForAgents')

    const late = await startPeer({
      client: client(),
      operator,
      profile: 'main',
      role: 'agent',
      node: 'main-bare',
    })
    late.behave(delivers(10))
    await until(jobNow('bare'), (one) => one.status?.active === 1)
    await late[Symbol.asyncDispose]()
    await cluster.removeNode('main-bare')
    const done = await until(jobNow('bare'), 'True Completed')
    expect(numbers(done)).toEqual({ waiting: 0, active: 0, succeeded: 3, failed: 0, skipped: 1 })
  })
})

describe('the operator dies', () => {
  test('and goes on where it was: nothing is counted twice, nobody is told to drop anything', async () => {
    for (const agent of main.agents) agent.behave(delivers(10))
    main.agents[0]?.behave(delivers(100))
    await job('survivor', { rollout: { maxConcurrent: 2 } })
    await until(jobNow('survivor'), (one) => one.status?.active === 2 && one.status.progressPercent !== 0)
    const before = (await rowsOf(client(), 'survivor')).map((one) => one.metadata.uid).sort()
    const seen = main.agents.map((agent) => agent.history.length)

    await operator.restart()
    await vi.waitFor(() => expect(main.agents.every((agent) => agent.connected)).toBe(true), {
      timeout: 30_000,
    })
    await until(jobNow('survivor'), (one) => (one.status?.active ?? 0) >= 1, 30_000)
    const rows = await rowsOf(client(), 'survivor')
    expect(rows.map((one) => one.metadata.uid)).toEqual(expect.arrayContaining(before))
    expect(rows.filter(isActive).length).toBeLessThanOrEqual(2)
    for (const agent of main.agents) agent.behave(delivers(100))
    const done = await until(jobNow('survivor'), 'True Completed', 30_000)
    expect(numbers(done)).toEqual({ waiting: 0, active: 0, succeeded: 3, failed: 0, skipped: 0 })
    expect((await artifactNow('patch')()).status).toMatchObject({ origin: { bytesRead: testArtifact.size } })
    const since = main.agents.flatMap((agent, index) => agent.history.slice(seen[index]))
    expect(since.every((desired) => desired.artifacts.length === 1)).toBe(true)
  })

  test('together with a seeder: what the lost one has read of an origin counts beside what the new one reads', async () => {
    const { size } = testArtifact
    await using swarm = await startSwarm(cluster, operator, 'replaced', 0)
    await createArtifact(client(), 'read-twice', { profile: 'replaced' })
    const read = (bytesRead: number) =>
      until(artifactNow('read-twice'), (one) => one.status?.origin?.bytesRead === bytesRead)
    await read(size)

    await swarm.seeder[Symbol.asyncDispose]()
    await operator.restart()
    const seeder = { client: client(), operator, profile: 'replaced', role: 'seeder' } as const
    await using successor = await startPeer(seeder)
    successor.behave(seedsAll)
    const { status } = await read(2 * size)
    expect(status?.origin?.readers).toEqual([
      { peerId: swarm.seeder.peerId, bytesRead: size },
      { peerId: successor.peerId, bytesRead: size },
    ])
  })

  test('a standby sends agents on, and takes over when the leader stops', async () => {
    await using standby = await startOperator(
      cluster.operatorKubeconfig,
      'operator-1',
      operator.trackerAddress,
    )
    expect(standby.trackerPeerId).toBe(operator.trackerPeerId)
    const node = 'main-spare'
    await cluster.addNode(node, { pool: 'main' })
    const only = { client: client(), profile: 'main', role: 'agent', node } as const
    await using peer = await startPeer({ ...only, operator: standby })
    await vi.waitFor(() => expect(peer.lastError).toMatch(/leader/i), { timeout: 10_000 })
    expect(peer.connected).toBe(false)

    await operator.stop()
    await vi.waitFor(() => expect(peer.connected).toBe(true), { timeout: 15_000 })
    peer.behave(delivers(100))
    await job('taken-over', { target: { nodeNames: [node] } })
    await until(jobNow('taken-over'), 'True Completed')

    await operator.restart()
    await standby.stop()
    await vi.waitFor(() => expect(main.agents.every((agent) => agent.connected)).toBe(true), {
      timeout: 20_000,
    })
    await cluster.removeNode(node)
  })

  const isActive = ({ status }: NodeDistribution): boolean =>
    !['Delivered', 'Failed'].includes(status?.state ?? '')
})

describe('who may connect', () => {
  const stranger = async (token: string, role: 'agent' | 'seeder' = 'agent') =>
    await startPeer({ client: client(), operator, profile: 'main', role, token })
  const podOf = () => runPod(client(), 'main', 'agent', 'main-n1')

  test.for<{ name: string; token: () => Promise<string>; role?: 'seeder'; said: RegExp }>([
    { name: 'no token', token: async () => '', said: /token/ },
    { name: 'a token that is none', token: async () => 'abc.def.ghi', said: /token/ },
    {
      name: "an agent's token for a seeder",
      token: async () => tokenOf(client(), await podOf()),
      role: 'seeder',
      said: /belongs to system:serviceaccount:patchswarm-system:patchswarm-main-agent/,
    },
    {
      name: 'a token for another audience',
      token: async () => await unbound('patchswarm-main-agent', 'other'),
      said: /token/,
    },
    {
      name: 'a token that is bound to no Pod',
      token: async () => await unbound('patchswarm-main-agent', 'patchswarm'),
      said: /not bound to a Pod/,
    },
  ])('$name is refused', async ({ token, role, said }) => {
    await using peer = await stranger(await token(), role)
    await vi.waitFor(() => expect(peer.lastError).toMatch(said), { timeout: 10_000 })
    expect(peer.connected).toBe(false)
  })

  async function unbound(account: string, audience: string): Promise<string> {
    const { status } = await client().request<{ status: { token: string } }>(
      'POST',
      `/api/v1/namespaces/${operatorNamespace}/serviceaccounts/${account}/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [audience] } },
    )
    return status.token
  }
})

describe('a node', () => {
  const spare = 'main-claimed'
  const peerOn = (node: string, identity = createIdentity()) =>
    startPeer({ client: client(), operator, profile: 'main', role: 'agent', node, identity })
  const told = (node: string) => [...(main.agents[1]?.revoked.get(node) ?? ['not revoked'])]
  const writes = (data: Record<string, string | null>) =>
    client().for(CONFIG_MAP).patch(revokedNodesConfigMap, operatorNamespace, { data })

  test('is no second peer while its own is connected, whoever has stolen the token of its Pod', async () => {
    await using thief = await peerOn('main-n1')
    await vi.waitFor(() => expect(thief.lastError).toMatch(/another peer is connected/), 10_000)
    expect(main.agents[0]?.connected).toBe(true)
    expect(told('main-n1')).toEqual(['not revoked'])
  })

  test('is no peer that another node is: a copied disk gets a key of its own', async () => {
    await cluster.addNode(spare, { pool: 'main' })
    const identity = createIdentity()
    await using original = await peerOn(spare, identity)
    await vi.waitFor(() => expect(original.connected).toBe(true), 10_000)
    await using copy = await peerOn('main-n1', identity)
    await vi.waitFor(() => expect(copy.lastError).toMatch(/IdentityInUse/), 10_000)
    expect(original.connected).toBe(true)
  })

  test('that comes with another key has it instead of the old one, which everybody hears', async () => {
    await using successor = await peerOn(spare)
    await vi.waitFor(() => expect(successor.connected).toBe(true), 10_000)
    await vi.waitFor(() => expect(told(spare)).toEqual([successor.peerId]), 10_000)
  })

  test('that is deleted is nobody any more, for everybody and for the next leader', async () => {
    await cluster.removeNode(spare)
    await vi.waitFor(() => expect(told(spare)).toEqual([]), 10_000)
    await operator.restart()
    await vi.waitFor(() => expect(main.agents.every((agent) => agent.connected)).toBe(true), 20_000)
    await vi.waitFor(() => expect(told(spare)).toEqual([]), 10_000)
  })

  test('that is made anew under its name is let in, and what it was before is not', async () => {
    await cluster.addNode(spare, { pool: 'main' })
    await using again = await peerOn(spare)
    await vi.waitFor(() => expect(again.connected).toBe(true), 20_000)
    await vi.waitFor(() => expect(told(spare)).toEqual([again.peerId]), 10_000)
    await cluster.removeNode(spare)
  })

  test('that a person has revoked loses its connection and is refused, until the person takes that back', async () => {
    await cluster.addNode('main-stolen', { pool: 'main' })
    const stolen = cleanUp.use(await peerOn('main-stolen'))
    await vi.waitFor(() => expect(stolen.connected).toBe(true), 20_000)
    await writes({ 'main-stolen': 'found in a stranger’s car' })
    await vi.waitFor(() => expect(told('main-stolen')).toEqual([]), 10_000)
    await vi.waitFor(() => expect(stolen.lastError).toMatch(/was revoked.*stranger/), 10_000)
    await stolen[Symbol.asyncDispose]()
    await writes({ 'main-stolen': null })
    await vi.waitFor(() => expect(told('main-stolen')).toEqual(['not revoked']), 10_000)
    await using back = await peerOn('main-stolen')
    await vi.waitFor(() => expect(back.connected).toBe(true), 10_000)
    await cluster.removeNode('main-stolen')
  })
})

describe('a signed file', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const pem = publicKey.export({ type: 'spki', format: 'pem' })
  const digest = `sha256:${'2e'.repeat(32)}`
  const url = 'https://origin.example/signed.sig'

  test('is delivered when its signature has been read and is right, and not before', async () => {
    await createArtifact(client(), 'signed', { profile: 'main', digest, signature: { publicKey: pem, url } })
    await createJob(client(), 'signed', {
      artifacts: [{ name: 'signed' }],
      delivery: { directory: '/opt/patches/signed' },
    })
    const wished = () => main.seeder.desired?.artifacts.find((one) => one.name.endsWith('/signed'))
    await vi.waitFor(() => expect(wished()?.origin?.signatureUrl).toBe(url), 10_000)
    await until(artifactNow('signed'), (one) => one.status?.cid !== undefined)
    expect(readiness(await artifactNow('signed')())).toBe('False Resolving')
    for (const agent of main.agents) {
      expect(agent.desired?.deliveries.filter(({ job }) => job.endsWith('/signed'))).toEqual([])
    }
    const signature = sign(null, Buffer.from(digest), privateKey).toString('base64')
    main.seeder.behave((desired) => {
      const all = seedsAll(desired)
      return { ...all, artifacts: all.artifacts.map((one) => ({ ...one, signature })) }
    })
    await until(artifactNow('signed'), 'True Seeded')
    await until(jobNow('signed'), 'True Completed')
    main.seeder.behave(seedsAll)
  })

  test('with a wrong signature is not even listed', async () => {
    const value = sign(null, Buffer.from('another'), privateKey).toString('base64')
    const other = `sha256:${'2f'.repeat(32)}`
    const signature = { publicKey: pem, value }
    await createArtifact(client(), 'forged', { profile: 'main', digest: other, signature })
    await until(artifactNow('forged'), 'False SignatureInvalid')
    expect(main.seeder.desired?.artifacts.map(({ digest: listed }) => listed)).not.toContain(other)
  })
})

describe('the Secret of a source', () => {
  const sources = [{ http: { url: 'https://origin.example/a.bin', secretRef: { name: 'login' } } }]
  const messageOf = ({ status }: PatchArtifact) =>
    status?.conditions?.find((one) => one.type === 'Ready')?.message ?? ''
  const wishOf = ({ desired }: TestPeer) => desired?.artifacts.find((one) => one.name.endsWith('/guarded'))

  test('reaches the seeder alone, once the namespace lets the operator read it', async () => {
    const metadata = { name: 'login', namespace: operatorNamespace }
    const digest = `sha256:${'1d'.repeat(32)}`
    main.seeder.behave((desired) =>
      seedsAll({ ...desired, artifacts: desired.artifacts.filter(({ wanted }) => wanted) }),
    )
    await createArtifact(client(), 'guarded', { profile: 'main', sources, digest })
    const refused = await until(artifactNow('guarded'), 'False SecretInvalid')
    expect(messageOf(refused)).toMatch(/login may not be read by the operator: bind ClusterRole/)
    expect(refused.status?.sources).toMatchObject([{ reachable: false, lastError: messageOf(refused) }])
    expect(wishOf(main.seeder)).toMatchObject({ wanted: false, origin: { sources: [] } })

    const stringData = { username: 'ann', password: 's3cret', 'X-Key': 'k3y' }
    await client().for(SECRET).create({ metadata, type: 'patchswarm.dev/origin', stringData })
    await client().request(
      'POST',
      `/apis/rbac.authorization.k8s.io/v1/namespaces/${operatorNamespace}/rolebindings`,
      {
        metadata: { name: 'origin-secrets' },
        roleRef: {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'ClusterRole',
          name: 'patchswarm-origin-secrets',
        },
        subjects: [{ kind: 'ServiceAccount', name: 'patchswarm-operator', namespace: operatorNamespace }],
      },
    )
    await vi.waitFor(() => expect(wishOf(main.seeder)).toMatchObject({ wanted: true }), 15_000)
    const headers = { authorization: `Basic ${Buffer.from('ann:s3cret').toString('base64')}`, 'x-key': 'k3y' }
    expect(wishOf(main.seeder)?.origin?.sources).toMatchObject([{ url: sources[0]?.http.url, headers }])
    const told = await until(artifactNow('guarded'), (one) => readiness(one) !== 'False SecretInvalid')
    expect(JSON.stringify(told)).not.toMatch(/s3cret|k3y|Basic/)
    for (const agent of main.agents) expect(wishOf(agent)?.origin).toBeUndefined()
    await client().for(patchArtifacts).delete('guarded', operatorNamespace)
    main.seeder.behave(seedsAll)
  })
})

describe('the budget of an origin', () => {
  const id = swarmId(testArtifact.digest, undefined)

  test('every grant is in the status before it is given, and the sum is hard', async () => {
    const { size } = testArtifact
    const before = (await artifactNow('patch')()).status?.origin?.bytesGranted ?? 0
    const first = await main.seeder.grant(id, 0, size, size)
    expect(first.length).toBeGreaterThan(0)
    expect((await artifactNow('patch')()).status?.origin?.bytesGranted).toBe(before + first.length)
    const answers = []
    while (answers.at(-1)?.length !== 0) {
      // At once: each must see the sum of those before it.
      answers.push(
        ...(await Promise.all(Array.from({ length: 6 }, () => main.seeder.grant(id, 0, size, size)))),
      )
    }
    const sum = answers.reduce((all, one) => all + one.length, before + first.length)
    expect(sum).toBe(budgetOf(size, 1.2))
    expect((await artifactNow('patch')()).status?.origin?.bytesGranted).toBe(sum)
    expect(answers.at(-1)).toMatchObject({ length: 0, reason: 'OriginBudgetExhausted' })
  })

  test('agents get none', async () => {
    expect(await main.agents[0]?.grant(id, 0, 1, 1)).toMatchObject({ length: 0, reason: 'NotAllowed' })
  })
})

describe('where agents read the origin', () => {
  test('those elected are given parts that nobody else reads, each in the status before it is given', async () => {
    const { size } = testArtifact
    const digest = `sha256:${'56'.repeat(32)}`
    const id = swarmId(digest, undefined)
    await using swarm = await startSwarm(cluster, operator, 'reading', 2, { origin: { access: 'Agents' } })
    const [a, b] = swarm.agents as [TestPeer, TestPeer]
    swarm.seeder.behave(collects)
    await createArtifact(client(), 'read-by-agents', { profile: 'reading', digest })
    await vi.waitFor(() => {
      for (const { desired } of swarm.agents)
        expect(desired?.artifacts[0]?.origin).toMatchObject({ reads: true })
      const [wish] = swarm.seeder.desired?.artifacts ?? []
      expect(wish).toMatchObject({ collects: true, readers: [a.peerId, b.peerId].sort() })
    }, 10_000)
    // As long as the seeder has not said what it lacks there is nothing to give.
    const mine = await vi.waitUntil(async () => {
      const range = await a.range(id, size)
      return range.reason !== 'WaitingForSeeder' && range
    }, 10_000)
    const yours = await b.range(id, size)
    expect(mine).toMatchObject({ offset: 0, reason: '' })
    expect(yours).toMatchObject({ offset: mine.length, reason: '' })
    const bytesGranted = mine.length + yours.length
    expect((await artifactNow('read-by-agents')()).status).toMatchObject({ size, origin: { bytesGranted } })
    expect(await swarm.seeder.grant(id, 0, size, size)).toMatchObject({ length: 0, reason: 'NotAllowed' })

    await a[Symbol.asyncDispose]()
    const again = await vi.waitUntil(async () => {
      const next = await b.range(id, size)
      return next.offset === 0 && next.length > 0 && next
    }, 10_000)
    expect(again.length).toBeGreaterThan(0)
  })

  test('each site has readers and a budget of its own where the profile says so', async () => {
    const { size } = testArtifact
    const digest = `sha256:${'57'.repeat(32)}`
    const id = swarmId(digest, undefined)
    const spec = { siteLabel: 'store', origin: { access: 'Agents', perSite: true } }
    await using swarm = await startSwarm(cluster, operator, 'by-site', 2, spec)
    const [a, b] = swarm.agents as [TestPeer, TestPeer]
    for (const [index, store] of ['7', '8'].entries())
      await client()
        .for(NODE)
        .patch(swarm.nodes[index]!, undefined, { metadata: { labels: { store } } })
    // Each connects anew for a membership of its site: what it asks for meanwhile is lost.
    await vi.waitFor(() => expect(swarm.agents.map(({ site }) => site)).toEqual(['7', '8']), 10_000)
    for (const agent of swarm.agents) agent.behave(collects)
    // Jobs begin when somebody has begun to read.
    swarm.seeder.behave((desired) => {
      const all = collects(desired)
      return { ...all, artifacts: all.artifacts.map((one) => ({ ...one, state: 'Fetching', size })) }
    })
    await createArtifact(client(), 'by-site', { profile: 'by-site', digest })
    await createJob(client(), 'by-site', { artifacts: [{ name: 'by-site' }] })
    await vi.waitFor(() => {
      for (const { desired, peers } of swarm.agents) {
        expect(desired?.artifacts[0]?.origin).toMatchObject({ reads: true, forSite: true })
        expect(peers.map(({ apart }) => apart)).toEqual(peers.map(() => true))
      }
    }, 15_000)
    const told = await vi.waitUntil(async () => {
      const ranges = [await a.range(id, size), await b.range(id, size)] as const
      return ranges.every(({ length }) => length > 0) && ranges
    }, 15_000)
    // The same part: what one has the other does not get.
    expect(told.map(({ offset }) => offset)).toEqual([0, 0])
    expect((await artifactNow('by-site')()).status?.origin).toMatchObject({
      bytesGranted: told[0].length + told[1].length,
      sites: [
        { site: '7', bytesGranted: told[0].length },
        { site: '8', bytesGranted: told[1].length },
      ],
    })
    // Its budget is hard for each, whatever it asks for; what one has used up is the other's still.
    const take = async () => {
      const { length } = await a.grant(id, 0, size, size)
      return length
    }
    while ((await take()) > 0);
    const { origin } = (await artifactNow('by-site')()).status ?? {}
    expect(origin?.sites?.map(({ bytesGranted }) => bytesGranted)).toEqual([
      budgetOf(size, 1.2),
      told[1].length,
    ])
    expect((await b.grant(id, 0, size, size)).length).toBeGreaterThan(0)
  })

  test('a file that is cut by content needs a seeder that reads, and says so', async () => {
    await createProfile(client(), 'agents-only', { origin: { access: 'Agents' } })
    await createArtifact(client(), 'cut-by-content', {
      profile: 'agents-only',
      chunking: { strategy: 'ContentDefined' },
    })
    await until(artifactNow('cut-by-content'), 'False ChunkingNotReadable')
  })
})

describe('what is deleted takes along what it made', () => {
  test('a job its rows, and the work of its nodes', async () => {
    for (const agent of main.agents) agent.behave(delivers(10))
    await job('doomed')
    await until(jobNow('doomed'), (one) => one.status?.active === 3)
    await vi.waitFor(() => expect(main.agents[0]?.desired?.deliveries).toHaveLength(1), 10_000)
    await client().for(distributionJobs).delete('doomed', operatorNamespace)
    await vi.waitFor(() => expect(main.agents[0]?.desired?.deliveries).toEqual([]), 10_000)
    await vi.waitFor(async () => expect(await rowsOf(client(), 'doomed')).toEqual([]), { timeout: 20_000 })
  })

  test('an artifact what nodes hold of it', async () => {
    const digest = `sha256:${'34'.repeat(32)}`
    const holds = () => main.agents[0]?.desired?.artifacts.some((one) => one.digest === digest)
    await createArtifact(client(), 'short-lived', { profile: 'main', digest })
    await until(artifactNow('short-lived'), 'True Seeded')
    await vi.waitFor(() => expect(holds()).toBe(true), 10_000)
    await client().for(patchArtifacts).delete('short-lived', operatorNamespace)
    await vi.waitFor(() => expect(holds()).toBe(false), 10_000)
  })

  test('a disabled profile its Pods, once their caches are empty; enabled again it comes back', async () => {
    await using swarm = await startSwarm(cluster, operator, 'switched', 1)
    swarm.agents[0]?.behave(({ wipe }) => ({ artifacts: [], deliveries: [], wiped: wipe }))
    await until(profileNow('switched'), (one) => one.status?.agents?.connected === 1)
    await client()
      .for(p2pProfiles)
      .patch('switched', undefined, { spec: { enabled: false } })
    await until(profileNow('switched'), 'True Disabled')
    expect(swarm.agents[0]?.history.some((one) => one.wipe)).toBe(true)
    await expect(
      client().for(DAEMON_SET).get('patchswarm-switched-agent', operatorNamespace),
    ).rejects.toThrow()
    await client()
      .for(p2pProfiles)
      .patch('switched', undefined, { spec: { enabled: true } })
    await until(profileNow('switched'), 'False Rolling')
    await client().for(DAEMON_SET).get('patchswarm-switched-agent', operatorNamespace)
  })

  test('a profile everything, once its agents have emptied their caches', async () => {
    await using swarm = await startSwarm(cluster, operator, 'leaving', 1)
    await until(profileNow('leaving'), (one) => one.status?.agents?.connected === 1)
    // Says for a moment that it is not done yet: nothing may be removed before.
    swarm.agents[0]?.behave(() => ({ artifacts: [], deliveries: [], wiped: false }))
    await client().for(p2pProfiles).delete('leaving')
    await until(profileNow('leaving'), 'False CleaningUp')
    await client().for(DAEMON_SET).get('patchswarm-leaving-agent', operatorNamespace)
    swarm.agents[0]?.behave(({ wipe }) => ({ artifacts: [], deliveries: [], wiped: wipe }))
    await gone(() => client().for(p2pProfiles).get('leaving'))
    const labelSelector = `${labels.profile}=leaving`
    for (const resource of [DAEMON_SET, STATEFUL_SET, SERVICE, SERVICE_ACCOUNT]) {
      const left = await client()
        .for<{ metadata: { name: string } }>(resource)
        .list({ namespace: operatorNamespace, labelSelector })
      expect(left).toEqual([])
    }
    expect(await client().for(POD).list({ namespace: operatorNamespace, labelSelector })).toBeDefined()
  })
})
