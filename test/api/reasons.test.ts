// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'
import { distributionJobs, operatorNamespace, p2pProfiles, patchArtifacts } from '@patchswarm/api'
import { NODE } from '@patchswarm/kube'
import type { ReportInit } from '@patchswarm/swarm/tracker'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { givenOperator } from './support/operator/given.ts'
import { kstatusOf } from './support/operator/kstatus.ts'
import {
  createArtifact,
  createJob,
  createProfile,
  readiness,
  rowsOf,
  until,
} from './support/operator/objects.ts'
import { delivers, seedsAll, startPeer, testArtifact } from './support/operator/peers.ts'

/** Reasons that no other file comes by: the real operator against the real API server; agents and seeder say what they are told. */
const { client, cluster, operator, swarm, artifactNow, jobNow } = givenOperator('words', 4)

beforeAll(async () => {
  swarm().agents.forEach((_, index) => {
    listen(index)
  })
  // The rows of nodes that have not begun are written every 10 seconds: the last test looks at these.
  await job('lingering')
  await job('held')
})

const artifact = (name: string, spec: object = {}) =>
  createArtifact(client(), name, { profile: 'words', ...spec })
const job = (name: string, spec: object = {}) =>
  createJob(client(), name, {
    artifacts: [{ name: 'patch' }],
    delivery: { directory: `/opt/patches/${name}` },
    ...spec,
  })

type Said = { state: string; reason?: string; message?: string }
/** What the four agents say of a job; of one that is not listed that they have delivered. */
const words = new Map<string, readonly Said[]>([
  [
    'lingering',
    [
      { state: 'Waiting' },
      { state: 'Waiting', reason: 'WaitingForArtifact' },
      { state: 'Waiting', reason: 'WaitingForPeers' },
      { state: 'Verifying', reason: 'Verifying' },
    ],
  ],
  ['held', Array<Said>(4).fill({ state: 'Waiting', reason: 'Suspended' })],
])

function listen(index: number): void {
  swarm().agents[index]?.behave((desired) => {
    const jobs = new Map(desired.deliveries.map(({ id, job }) => [id, job.replace(/^.*\//, '')]))
    const report = delivers(100)(desired)
    const deliveries = report.deliveries?.map((one) => {
      const said = words.get(jobs.get(one.id ?? '') ?? '')?.[index]
      return said ? { ...one, finishedAt: 0, ...said } : one
    })
    return { ...report, deliveries: deliveries ?? [] }
  })
}

function say(name: string, said: readonly Said[] | undefined): void {
  if (said) words.set(name, said)
  else words.delete(name)
  swarm().agents.forEach((_, index) => {
    listen(index)
  })
}

describe('of an artifact', () => {
  type ArtifactReport = Partial<NonNullable<ReportInit['artifacts']>[number]>
  const seederSays = (digest: string, said: ArtifactReport) =>
    swarm().seeder.behave((desired) => {
      const mine = desired.artifacts.find((one) => one.digest === digest)
      const others = desired.artifacts.filter((one) => one !== mine)
      const { artifacts = [], ...rest } = seedsAll({ ...desired, artifacts: others })
      const report = mine && { swarmId: mine.swarmId, size: testArtifact.size, ...said }
      return { ...rest, artifacts: report ? [...artifacts, report as (typeof artifacts)[number]] : artifacts }
    })

  test.for<{ says: ArtifactReport; reads: string }>([
    { says: { state: 'Ingesting', bytesHeld: 1 }, reads: 'Ingesting' },
    { says: { state: 'Failed', reason: 'SizeMismatch' }, reads: 'SizeMismatch' },
    { says: { state: 'Failed', reason: 'OriginUnreachable' }, reads: 'OriginUnreachable' },
    { says: { state: 'Failed', reason: 'SourceForbidden' }, reads: 'SourceForbidden' },
    { says: { state: 'Failed', reason: 'OriginChanged' }, reads: 'OriginChanged' },
    { says: { state: 'Failed', reason: 'OriginBudgetExhausted' }, reads: 'OriginBudgetExhausted' },
    { says: { state: 'Failed', reason: 'InsufficientDisk' }, reads: 'InsufficientDisk' },
    { says: { state: 'Failed', reason: 'StoreError' }, reads: 'StoreError' },
    { says: { state: 'Failed', reason: 'a word of another version' }, reads: 'OriginUnreachable' },
    { says: { state: 'Waiting', signatureError: 'HTTP 404' }, reads: 'SignatureUnreachable' },
  ])('$reads', async ({ says, reads }) => {
    const name = `said-${reads.toLowerCase()}`
    const digest = `sha256:${createHash('sha256').update(name).digest('hex')}`
    const signature = { publicKey, url: 'https://origin.example/a.sig' }
    seederSays(digest, says)
    await artifact(name, { digest, ...(says.signatureError ? { signature } : {}) })
    await until(artifactNow(name), `False ${reads}`)
    await client().for(patchArtifacts).delete(name, operatorNamespace)
  })

  test('agents are to read it, and none is there; before there was not even a seeder', async () => {
    await cluster().addNode('lone-n1', { area: 'lone' })
    await client()
      .for(NODE)
      .patch('words-n1', undefined, { metadata: { labels: { area: 'lone' } } })
    await createProfile(client(), 'lone', { nodeSelector: { area: 'lone' }, origin: { access: 'Agents' } })
    await createArtifact(client(), 'unread', { profile: 'lone' })
    await until(artifactNow('unread'), 'False WaitingForSeeder')
    const of = { client: client(), operator: operator(), profile: 'lone' } as const
    const agent = await startPeer({ ...of, role: 'agent', node: 'lone-n1' })
    await until(() => client().for(p2pProfiles).get('lone'), 'False WaitingForSeeder')
    await using _ = await startPeer({ ...of, role: 'seeder' })
    // All runs, but for a node that an older profile has, too.
    await until(() => client().for(p2pProfiles).get('lone'), 'True NodeOverlap')
    await agent[Symbol.asyncDispose]()
    await until(artifactNow('unread'), 'False WaitingForAgents')
  })
})

const publicKey = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
`

describe('of a job', () => {
  test.for<{ reads: string; given?: () => Promise<unknown>; spec: object }>([
    { reads: 'WaitingForStart', spec: { schedule: { notBefore: '2999-01-01T00:00:00Z' } } },
    {
      reads: 'ProfilesDiffer',
      given: () => artifact('elsewhere', { profile: 'other' }),
      spec: { artifacts: [{ name: 'patch' }, { name: 'elsewhere' }] },
    },
    {
      reads: 'PathConflict',
      given: () => artifact('twin', { digest: `sha256:${'ef'.repeat(32)}` }),
      spec: { artifacts: [{ name: 'patch' }, { name: 'twin' }] },
    },
  ])('$reads', async ({ reads, given, spec }) => {
    await given?.()
    const name = reads.toLowerCase()
    await job(name, spec)
    await until(jobNow(name), `False ${reads}`)
    await client().for(distributionJobs).delete(name, operatorNamespace)
  })

  test('another one still writes the same files: it waits for that, and then has them', async () => {
    const delivery = { directory: '/opt/patches/shared' }
    say('writes', Array(4).fill({ state: 'Fetching', reason: 'Fetching' }))
    await job('writes', { delivery })
    await until(jobNow('writes'), (one) => one.status?.active === 4)
    await job('waits', { delivery })
    await until(jobNow('waits'), 'False WaitingForPaths')
    say('writes', undefined)
    await until(jobNow('waits'), 'True Completed')
  })

  test('its nodes are left to a job that replaces it', async () => {
    const delivery = { directory: '/opt/patches/replaced' }
    await job('replaced', { delivery, suspend: true })
    await job('replacing', { delivery: { ...delivery, replaces: 'replaced' } })
    const left = await until(jobNow('replaced'), (one) => one.status?.skipped === 4)
    expect(left.status?.skippedNodes?.map((one) => one.reason)).toEqual(Array(4).fill('Replaced'))
  })

  test('no node takes part: one is cordoned, one has not been ready for minutes', async () => {
    const nodes = client().for(NODE)
    const labels = { pool: 'words' }
    const nodeNames = ['words-cordoned', 'words-lost']
    await nodes.create({ metadata: { name: 'words-cordoned', labels }, spec: { unschedulable: true } })
    await nodes.create({ metadata: { name: 'words-lost', labels } })
    await cluster().loseNode('words-lost')
    await job('nowhere', { target: { nodeNames } })
    const waiting = await until(jobNow('nowhere'), (one) => one.status?.skipped === 2)
    expect(readiness(waiting)).toBe('False WaitingForNodes')
    expect(waiting.status?.skippedNodes).toMatchObject([
      { node: 'words-cordoned', reason: 'NodeCordoned' },
      { node: 'words-lost', reason: 'NodeNotReady' },
    ])
    for (const name of nodeNames) await nodes.delete(name)
    await client().for(distributionJobs).delete('nowhere', operatorNamespace)
  })
})

describe('of a node', () => {
  test('why it has failed: a reason that the operator does not know is none, however long it is', async () => {
    const reasons = ['DigestMismatch', 'DirectoryNotAllowed', 'InvalidDirectory', 'StoreError']
    say(
      'broken',
      reasons.map((reason) => ({ state: 'Failed', reason })),
    )
    await job('broken')
    await until(jobNow('broken'), 'False NodesFailed')
    const rows = await rowsOf(client(), 'broken')
    expect(rows.map((one) => one.status?.reason).sort()).toEqual(reasons)

    const unknown = { state: 'Fetching', reason: 'X'.repeat(100) }
    say('strange', [unknown, unknown, unknown, { ...unknown, state: 'Failed' }])
    await job('strange')
    const failed = await until(jobNow('strange'), (one) => one.status?.failed === 1)
    expect(failed.status?.failedNodes).toMatchObject([{ node: 'words-n4', reason: 'Failed' }])
    say('strange', undefined)
    await until(jobNow('strange'), 'False NodesFailed')
  })

  test('what it waits for or does, once that has lasted for seconds', async () => {
    const read = async (job: string) => (await rowsOf(client(), job)).map((one) => one.status?.reason).sort()
    await vi.waitFor(async () => {
      expect(await read('lingering')).toEqual([
        'Verifying',
        'Waiting',
        'WaitingForArtifact',
        'WaitingForPeers',
      ])
      expect(await read('held')).toEqual(Array(4).fill('Suspended'))
    }, 30_000)
  })
})

describe('what reads kstatus', () => {
  test('waits for an object that nobody has looked at, or that was changed since, and for one that goes', async () => {
    const made = await job('unseen', { suspend: true })
    expect(made.status?.observedGeneration).toBe(-1)
    expect(kstatusOf(made)).toBe('InProgress')
    await until(jobNow('unseen'), 'False Suspended')
    const changed = await client()
      .for(distributionJobs)
      .patch('unseen', operatorNamespace, { spec: { rollout: { maxConcurrent: 1 } } })
    expect(changed.status?.observedGeneration).toBeLessThan(changed.metadata.generation ?? 0)
    expect(kstatusOf(changed)).toBe('InProgress')
    expect(kstatusOf({ metadata: { ...made.metadata, deletionTimestamp: 'now' } })).toBe('Terminating')
  })

  test('kubectl wait ends with the job', async () => {
    const wait = (type: string) =>
      cluster().kubectl('wait', `--for=condition=${type}`, 'dj/waited-for', '-n', operatorNamespace)
    await job('waited-for')
    expect(await wait('Complete')).toBe('distributionjob.patchswarm.dev/waited-for condition met\n')
    expect(await wait('Ready')).toBe('distributionjob.patchswarm.dev/waited-for condition met\n')
  })
})
