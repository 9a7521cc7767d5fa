// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  distributionJobs,
  nodeDistributions,
  operatorNamespace,
  p2pProfiles,
  patchArtifacts,
} from '@patchswarm/api'
import {
  createInformer,
  DAEMON_SET,
  type KubeObject,
  POD,
  type Resource,
  SERVICE,
  SERVICE_ACCOUNT,
  STATEFUL_SET,
} from '@patchswarm/kube'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lookAt } from '../support/agent-admin.ts'
import { all, digestsOf, onNode } from '../support/node-files.ts'
import { artifactIs, getJob, gone, jobIs, profileIs, rowsOf, until } from '../support/seen.ts'
import { type Served, startTestLab, type TestLab } from '../support/test-lab.ts'
import { createArtifact, createJob, createProfile, suspend } from '../support/wishes.ts'

const MiB = 2 ** 20

let lab: TestLab
let file: Served

beforeAll(async () => {
  lab = await startTestLab({ nodes: 3 })
  file = await lab.serve('patch.bin', 4 * MiB)
  await createProfile(lab, 'default')
  await createArtifact(lab, 'patch', file)
  await profileIs(lab, 'default', 'AgentsReady')
  await artifactIs(lab, 'patch', 'Seeded')
}, 120_000)

afterAll(() => lab?.stop())

describe('a job', () => {
  test('with maxConcurrent 1 has one node at work at any moment', async () => {
    const stop = new AbortController()
    const rows = createInformer({
      client: lab.cluster.client,
      resource: nodeDistributions,
      namespace: operatorNamespace,
      log: pino({ level: 'silent' }),
    })
    const active: number[] = []
    rows.onChange(() => {
      const states = rows.list().map(({ status }) => status?.state)
      active.push(states.filter((state) => state !== 'Delivered' && state !== 'Failed').length)
    })
    rows.start(stop.signal)
    try {
      await rows.synced()
      await createJob(lab, 'slowly', ['patch'], { rollout: { maxConcurrent: 1 } })
      const { object } = await jobIs(lab, 'slowly', 'Completed')
      expect(object.status).toMatchObject({ desired: 3, succeeded: 3 })
      await until('all rows were seen', async () => rows.list().filter(isDelivered).length === 3)
      expect(Math.max(...active)).toBe(1)
      expect(spansOf(rows.list())).toEqual([...spansOf(rows.list())].toSorted((a, b) => a - b))
    } finally {
      stop.abort()
    }
    expect(await digestsOf(lab, '/opt/patches/slowly/patch.bin')).toEqual(all(lab.nodeNames, file.sha256))
  })

  test('that is suspended in the middle stands still, and goes on from there', async () => {
    const large = await lab.serve('large.bin', 48 * MiB)
    await createArtifact(lab, 'large', large)
    await artifactIs(lab, 'large', 'Seeded')
    await createJob(lab, 'paused', ['large'])
    await until('it has begun', async () => (await heldOf('large')).some((held) => held > 2 * MiB), {
      everyMs: 5,
    })
    await suspend(lab, 'paused', true)
    const { message } = await jobIs(lab, 'paused', 'Suspended')
    expect(message).toContain('set spec.suspend to false to go on')
    await until('the agents know', async () =>
      (await reasonsOf('large')).every((reason) => reason === 'Suspended'),
    )

    const held = await heldOf('large')
    expect(Math.min(...held)).toBeLessThan(large.size)
    await sleep(1500)
    expect(await heldOf('large')).toEqual(held)
    const { status } = await getJob(lab, 'paused')
    expect(status).toMatchObject({ active: 3, succeeded: 0 })

    await suspend(lab, 'paused', false)
    const { object } = await jobIs(lab, 'paused', 'Completed')
    expect(object.status).toMatchObject({ succeeded: 3, originAmplification: '1.000' })
    expect(object.status?.bytes).toMatchObject({ peers: 3 * large.size, origin: large.size })
    expect(await digestsOf(lab, '/opt/patches/paused/large.bin')).toEqual(all(lab.nodeNames, large.sha256))
  })
})

describe('what is deleted leaves nothing behind:', () => {
  test('a job takes its rows along, a delivered file stays', async () => {
    const jobs = lab.cluster.client.for(distributionJobs)
    expect((await rowsOf(lab, 'slowly')).size).toBe(3)
    await jobs.delete('slowly', operatorNamespace)
    await jobs.delete('paused', operatorNamespace)
    await gone('every row', () => lab.cluster.client.for(nodeDistributions).list())
    expect(await digestsOf(lab, '/opt/patches/slowly/patch.bin')).toEqual(all(lab.nodeNames, file.sha256))
  })

  test('a job in the middle stops its nodes', async () => {
    const next = await lab.serve('next.bin', 48 * MiB)
    await createArtifact(lab, 'next', next)
    await artifactIs(lab, 'next', 'Seeded')
    await createJob(lab, 'cut-short', ['next'])
    await until('it has begun', async () => (await heldOf('next')).some((held) => held > MiB), { everyMs: 5 })
    await lab.cluster.client.for(distributionJobs).delete('cut-short', operatorNamespace)
    await gone('every row', () => rowsOf(lab, 'cut-short').then((rows) => [...rows.values()]))
    await until('the agents have no delivery', async () =>
      (await looks()).every((look) => look?.deliveries.length === 0),
    )
    // What has come already is still written; nothing else is.
    const held = await until('nothing comes any more', async () => {
      const before = await heldOf('next')
      await sleep(500)
      const after = await heldOf('next')
      return String(before) === String(after) && after
    })
    expect(Math.max(...held)).toBeLessThan(next.size)
  })

  test('an artifact leaves every cache', async () => {
    const artifacts = lab.cluster.client.for(patchArtifacts)
    for (const name of ['patch', 'large', 'next']) await artifacts.delete(name, operatorNamespace)
    await gone('every artifact', () => artifacts.list())
    await until('no cache holds anything', async () => (await cached()).flat().length === 0)
    expect((await looks()).flatMap((look) => look?.artifacts)).toEqual([])
    expect(await digestsOf(lab, '/opt/patches/slowly/patch.bin')).toEqual(all(lab.nodeNames, file.sha256))
  })

  test('a profile takes everything along, although an artifact still names it', async () => {
    const last = await lab.serve('last.bin', MiB)
    await createArtifact(lab, 'last', last)
    await createJob(lab, 'last', ['last'])
    await jobIs(lab, 'last', 'Completed')
    expect((await cached()).flat()).toHaveLength(3)
    const { client } = lab.cluster
    const began = performance.now()
    await client.for(p2pProfiles).delete('default')
    await gone('the profile', () => client.for(p2pProfiles).get('default'))
    // By its agents' word that their caches are empty, not because the time for it was up.
    expect(performance.now() - began).toBeLessThan(25_000)
    expect((await cached()).flat()).toEqual([])
    const mine = { namespace: operatorNamespace, labelSelector: 'patchswarm.dev/profile=default' }
    for (const kind of [DAEMON_SET, STATEFUL_SET, SERVICE, SERVICE_ACCOUNT, POD] as Resource<KubeObject>[]) {
      await gone(`every ${kind.kind}`, () => client.for(kind).list(mine))
    }
    await until('the artifact waits for the profile to come back', async () =>
      (await artifactIs(lab, 'last', 'WaitingForProfile')).message.startsWith(
        'There is no P2PProfile default',
      ),
    )
    expect(await digestsOf(lab, '/opt/patches/last/last.bin')).toEqual(all(lab.nodeNames, last.sha256))
  })
})

const looks = () => Promise.all(lab.nodeNames.map((node) => lookAt(lab, node)))

const artifactsOf = async (name: string) =>
  (await looks()).map((look) => look?.artifacts.find((one) => one.name === `${operatorNamespace}/${name}`))

const heldOf = async (name: string) => (await artifactsOf(name)).map((one) => one?.bytesHeld ?? 0)

const reasonsOf = async (name: string) => (await artifactsOf(name)).map((one) => one?.reason)

/** Folders of artifacts in each node's cache. */
const cached = () =>
  Promise.all(
    lab.nodeNames.map((node) =>
      readdir(onNode(lab, node, '/var/lib/patchswarm/artifacts')).catch((): string[] => []),
    ),
  )

interface Row {
  status?: { state?: string; startTime?: string; completionTime?: string }
}

const isDelivered = ({ status }: Row): boolean => status?.state === 'Delivered'

/** Start and end of each row, one row after the other: ascending when none overlap. */
const spansOf = (rows: readonly Row[]): number[] =>
  rows
    .map(({ status }) => [Date.parse(status?.startTime ?? ''), Date.parse(status?.completionTime ?? '')])
    .toSorted(([a = 0], [b = 0]) => a - b)
    .flat()
