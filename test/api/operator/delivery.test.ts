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
import {
  createInformer,
  DAEMON_SET,
  EVENT,
  NODE,
  POD,
  SERVICE,
  SERVICE_ACCOUNT,
  STATEFUL_SET,
} from '@patchswarm/kube'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { silent } from '../support/cluster.ts'
import { givenOperator } from '../support/operator/given.ts'
import { createArtifact, gone, readiness, rowsOf, until } from '../support/operator/objects.ts'
import { delivers, type TestPeer, testArtifact } from '../support/operator/peers.ts'
import { startSwarm } from '../support/operator/swarm.ts'

/** From a profile to delivered files, and back to nothing. */
const {
  client,
  cluster,
  operator,
  artifactNow,
  jobNow,
  profileNow,
  job,
  swarm: main,
} = givenOperator('main', 3)
beforeEach(() => main().behave(delivers(100)))

describe('from profile to delivered file', () => {
  test('a profile gets DaemonSet, seeder and accounts and is Ready when their Pods are', async () => {
    // That agents are connected, and that their Pods are ready, is learned in two ways.
    const profile = await until(
      profileNow('main'),
      (one) => one.status?.agents?.connected === 3 && readiness(one) === 'True AgentsReady',
    )
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
    main().behave(delivers(40))
    await job('plain')
    const running = await until(jobNow('plain'), (one) => one.status?.progressPercent === 40)
    expect(readiness(running)).toBe('False Distributing')
    expect(running.status).toMatchObject({ desired: 3, active: 3, waiting: 0, originAmplification: '1.000' })
    expect(running.status?.estimatedCompletion).toBeDefined()
    expect(running.status?.slowestNodes).toHaveLength(3)

    main().behave(delivers(100))
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
      main().nodes.map((name) => `${name} Delivered`),
    )
    expect(rows[0]?.status?.files).toEqual([
      { path: '/opt/patches/base/patch-1.bin', sha256: testArtifact.digest.slice(7) },
    ])
    // What is written down is not handed out any more; the artifact stays.
    await vi.waitFor(() => expect(main().agents[0]?.desired?.deliveries).toEqual([]), 10_000)
    expect(main().agents[0]?.desired?.artifacts).toMatchObject([{ wanted: false, cid: testArtifact.cid }])
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
      main().behave(delivers(percent))
      if (percent === 10) await job('cheap')
      await vi.waitFor(() => expect(main().agents[0]?.desired?.deliveries).toHaveLength(1), 10_000)
    }
    await vi.waitFor(() => expect(changes).toHaveLength(2), 10_000)
    main().behave(delivers(100))
    await until(jobNow('cheap'), 'True Completed')
    await vi.waitFor(() => expect(changes).toHaveLength(3), 10_000)
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
    await vi.waitFor(() => expect(main().seeder.desired?.artifacts).toHaveLength(1), 10_000)
    await job('peers')
    await until(jobNow('peers'), 'True Completed')
    const others = await vi.waitFor(() => {
      const [self, ...others] = main().agents[0]!.peers
      expect(self?.peerId).toBe(main().agents[0]!.peerId)
      expect(others.map(({ addresses }) => addresses)).toContainEqual(['/ip4/10.0.0.1/tcp/4001'])
      return others
    }, 10_000)
    expect(others.flatMap(({ addresses }) => addresses)).not.toContain('/ip4/203.0.113.1/tcp/4001')
  })

  test('they learn which site each is in, and at once when the label or its name is another', async () => {
    const [first, second] = main().agents as [TestPeer, TestPeer]
    main().behave(delivers(40))
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
    main().behave(delivers(100))
    await until(jobNow('sites'), 'True Completed')
  })
})

describe('what is deleted takes along what it made', () => {
  test('a job its rows, and the work of its nodes', async () => {
    main().behave(delivers(10))
    await job('doomed')
    await until(jobNow('doomed'), (one) => one.status?.active === 3)
    await vi.waitFor(() => expect(main().agents[0]?.desired?.deliveries).toHaveLength(1), 10_000)
    await client().for(distributionJobs).delete('doomed', operatorNamespace)
    await vi.waitFor(() => expect(main().agents[0]?.desired?.deliveries).toEqual([]), 10_000)
    // By the garbage collector, which looks for kinds that are new every 30 s.
    await vi.waitFor(async () => expect(await rowsOf(client(), 'doomed')).toEqual([]), { timeout: 45_000 })
  })

  test('an artifact what nodes hold of it', async () => {
    const digest = `sha256:${'34'.repeat(32)}`
    const holds = () => main().agents[0]?.desired?.artifacts.some((one) => one.digest === digest)
    await createArtifact(client(), 'short-lived', { profile: 'main', digest })
    await until(artifactNow('short-lived'), 'True Seeded')
    await vi.waitFor(() => expect(holds()).toBe(true), 10_000)
    await client().for(patchArtifacts).delete('short-lived', operatorNamespace)
    await vi.waitFor(() => expect(holds()).toBe(false), 10_000)
  })

  test('a disabled profile its Pods, once their caches are empty; enabled again it comes back', async () => {
    await using swarm = await startSwarm(cluster(), operator(), 'switched', 1)
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
    await using swarm = await startSwarm(cluster(), operator(), 'leaving', 1)
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
