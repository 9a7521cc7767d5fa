// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { isConditionTrue, operatorNamespace, p2pProfiles, patchArtifacts } from '@patchswarm/api'
import { NAMESPACE, NODE } from '@patchswarm/kube'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { givenOperator, messageOf, numbersOf } from '../support/operator/given.ts'
import { kstatusOf } from '../support/operator/kstatus.ts'
import { createArtifact, createJob, createProfile, rowsOf, until } from '../support/operator/objects.ts'
import { delivers, fails, seedsAll, startPeer } from '../support/operator/peers.ts'

/** When a job waits, stalls, fails, pauses and goes on. */
const {
  client,
  cluster,
  operator,
  artifactNow,
  jobNow,
  job,
  changeJob,
  swarm: main,
} = givenOperator('main', 3)
beforeEach(() => main().behave(delivers(100)))

describe('what does not fit is said, and waits or stalls', () => {
  test('an unknown profile is waited for', async () => {
    await createArtifact(client(), 'early', { profile: 'unborn' })
    await createJob(client(), 'early', { artifacts: [{ name: 'early' }] })
    await until(artifactNow('early'), 'False WaitingForProfile')
    await until(jobNow('early'), 'False WaitingForProfile')
    await createProfile(client(), 'unborn')
    await until(artifactNow('early'), 'False WaitingForSeeder')
    await until(jobNow('early'), 'False NoNodesSelected')
  })

  test('an unknown artifact is waited for', async () => {
    await createJob(client(), 'orphan', { artifacts: [{ name: 'absent' }] })
    const waiting = await until(jobNow('orphan'), 'False WaitingForArtifact')
    expect(messageOf(waiting)).toBe(
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
    expect(main().seeder.desired?.artifacts).toHaveLength(1)
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
    expect(messageOf(stalled)).toBe(
      '/opt/other is not below an allowed root (spec.delivery.allowedRoots) of P2PProfile main: use a directory below /opt/patches.',
    )
    expect(await rowsOf(client(), 'outside')).toEqual([])
  })

  test('a wrong digest stalls the artifact and the job that wants it', async () => {
    const found = 'cd'.repeat(32)
    const digest = `sha256:${'12'.repeat(32)}`
    main().seeder.behave((desired) => {
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
      expect(main().seeder.desired?.artifacts.find((one) => one.digest === digest)?.wanted).toBe(false),
    )
    await client().for(patchArtifacts).delete('wrong', operatorNamespace)
    await vi.waitFor(() =>
      expect(main().seeder.desired?.artifacts.some((one) => one.digest === digest)).toBe(false),
    )
    main().seeder.behave(seedsAll)
  })

  test('nodes that fail are named with their reasons, and the job has Failed', async () => {
    main().agents[1]?.behave(fails('RootMissing', '/opt/patches does not exist on the node: make it.'))
    await job('partly')
    const failed = await until(jobNow('partly'), 'False NodesFailed')
    expect(isConditionTrue(failed.status?.conditions, 'Failed')).toBe(true)
    expect(numbersOf(failed)).toEqual({ waiting: 0, active: 0, succeeded: 2, failed: 1, skipped: 0 })
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
    main().behave(delivers(10))
    await job('slowly', { rollout: { maxConcurrent: 1 } })
    for (let done = 0; done < 3; done += 1) {
      const wanted = { waiting: 2 - done, active: 1, succeeded: done, failed: 0, skipped: 0 }
      await until(jobNow('slowly'), (one) => JSON.stringify(numbersOf(one)) === JSON.stringify(wanted))
      const rows = await rowsOf(client(), 'slowly')
      expect(rows).toHaveLength(done + 1)
      const active = rows.find((one) => one.status?.state !== 'Delivered')?.spec.nodeName ?? ''
      main().agents[main().nodes.indexOf(active)]?.behave(delivers(100))
    }
    await until(jobNow('slowly'), 'True Completed')
  })

  test('a suspended job starts no node and pauses those at work within five seconds, until it goes on', async () => {
    main().behave(delivers(10))
    await job('paused', { suspend: true })
    const paused = await until(jobNow('paused'), 'False Suspended')
    expect(isConditionTrue(paused.status?.conditions, 'Suspended')).toBe(true)
    expect(await rowsOf(client(), 'paused')).toEqual([])

    await changeJob('paused', { suspend: false })
    await until(jobNow('paused'), (one) => one.status?.active === 3)
    await changeJob('paused', { suspend: true })
    await vi.waitFor(() => {
      expect(main().agents[0]?.desired?.deliveries).toMatchObject([{ suspended: true }])
      expect(main().agents[0]?.desired?.artifacts).toMatchObject([{ wanted: true, suspended: true }])
    }, 5_000)
    await changeJob('paused', { suspend: false })
    main().behave(delivers(100))
    await until(jobNow('paused'), 'True Completed')
  })

  test('outside its hours a job begins on no node, and pauses those at work when told so', async () => {
    const hour = (ahead: number) => `${String((new Date().getUTCHours() + ahead) % 24).padStart(2, '0')}:00`
    const closed = { windows: [{ start: hour(2), end: hour(4) }], atWindowEnd: 'Pause' }
    main().behave(delivers(10))
    await job('nightly', { schedule: closed })
    await until(jobNow('nightly'), 'False OutsideWindow')
    expect(await rowsOf(client(), 'nightly')).toEqual([])

    await changeJob('nightly', { schedule: null })
    await until(jobNow('nightly'), (one) => one.status?.active === 3)
    await changeJob('nightly', { schedule: closed })
    await until(jobNow('nightly'), 'False OutsideWindow')
    await vi.waitFor(
      () => expect(main().agents[0]?.desired?.deliveries).toMatchObject([{ suspended: true }]),
      10_000,
    )
    await changeJob('nightly', { schedule: { ...closed, windows: [] } })
    main().behave(delivers(100))
    await until(jobNow('nightly'), 'True Completed')
  })

  test('changed limits, with all their windows, reach everybody within five seconds', async () => {
    const hours = { days: ['Mon'], start: '22:00', end: '06:00', timeZone: 'Europe/Berlin' }
    const bandwidth = { upload: '100Mbit', windows: [{ ...hours, upload: 'Unlimited', origin: '8Mbit' }] }
    const startedAt = performance.now()
    await client().for(p2pProfiles).patch('main', undefined, { spec: { bandwidth } })
    await vi.waitFor(() => {
      for (const { desired } of [main().seeder, ...main().agents]) {
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
    await vi.waitFor(() => expect(main().agents[0]?.desired?.bandwidth?.windows).toEqual([]), 5000)
  })

  test('readers alone hear where sources may be, and the networks of the cluster, where they may not', async () => {
    const origin = { allowedDomains: ['origin.example'], tlsMinVersion: '1.3' }
    await client().for(p2pProfiles).patch('main', undefined, { spec: { origin } })
    await vi.waitFor(() => {
      expect(main().seeder.desired?.originAccess).toMatchObject({
        ...origin,
        clusterNetworks: ['10.96.0.0/16'],
      })
    }, 5000)
    expect(main().agents[0]?.desired?.originAccess).toBeUndefined()
    await client()
      .for(p2pProfiles)
      .patch('main', undefined, { spec: { origin: null } })
  })

  test('nodes without an agent wait; at work they are skipped when they go, are lost or cordoned, and their rows say so', async () => {
    const bare = ['main-gone', 'main-lost', 'main-shut']
    await Promise.all(bare.map((name) => cluster().addNode(name, { pool: 'main' })))
    await job('bare')
    const waiting = await until(jobNow('bare'), (one) => one.status?.succeeded === 3)
    expect(numbersOf(waiting)).toEqual({ waiting: 3, active: 0, succeeded: 3, failed: 0, skipped: 0 })
    await until(jobNow('bare'), 'False WaitingForAgents')

    const agent = { client: client(), operator: operator(), profile: 'main', role: 'agent' } as const
    const late = await Promise.all(bare.map((node) => startPeer({ ...agent, node })))
    for (const one of late) one.behave(delivers(10))
    await until(jobNow('bare'), (one) => one.status?.active === 3)
    await Promise.all(late.map((one) => one[Symbol.asyncDispose]()))
    await client()
      .for(NODE)
      .patch('main-shut', undefined, { spec: { unschedulable: true } })
    await cluster().removeNode('main-gone')
    // Agents have a minute to come back.
    await until(jobNow('bare'), (one) => one.status?.skipped === 2, 90_000)
    await cluster().loseNode('main-lost')
    const done = await until(jobNow('bare'), 'True Completed')
    expect(numbersOf(done)).toEqual({ waiting: 0, active: 0, succeeded: 3, failed: 0, skipped: 3 })
    const rows = (await rowsOf(client(), 'bare')).filter((one) => one.status?.state !== 'Delivered')
    expect(rows.map((one) => [one.spec.nodeName, one.status?.state, one.status?.reason]).sort()).toEqual([
      ['main-gone', 'Skipped', 'NodeGone'],
      ['main-lost', 'Skipped', 'NodeNotReady'],
      ['main-shut', 'Skipped', 'NodeCordoned'],
    ])
    expect(rows.map(kstatusOf)).toEqual(['Failed', 'Failed', 'Failed'])
  }, 150_000)
})
