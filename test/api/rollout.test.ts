// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  type DistributionJob,
  distributionJobs,
  isConditionTrue,
  operatorNamespace,
  patchArtifacts,
} from '@patchswarm/api'
import { EVENT, NODE } from '@patchswarm/kube'
import type { DesiredState } from '@patchswarm/swarm/tracker'
import { beforeEach, expect, test, vi } from 'vitest'
import { givenOperator } from './support/operator/given.ts'
import { createArtifact, createJob, gone, readiness, rowsOf, until } from './support/operator/objects.ts'
import { letPatchNodes } from './support/operator/patching-nodes.ts'
import { delivers, fails, testArtifact } from './support/operator/peers.ts'

/** Waves, halts and retries: the real operator against the real API server, with agents that do as they are told. */
const { client, swarm, jobNow, job } = givenOperator('waves', 4)
beforeEach(() => swarm().behave(delivers(100)))

const start = (name: string, rollout: object) => job(name, { rollout })
const change = (name: string, rollout: object) =>
  client().for(distributionJobs).patch(name, operatorNamespace, { spec: { rollout } })
/** Names of the deliveries that ever reached each node's agent. */
const reached = (job: DistributionJob) =>
  swarm().agents.map(({ history }) =>
    [...new Set(history.flatMap((one) => one.deliveries.map(({ id }) => id)))].filter((id) =>
      id.startsWith(job.metadata.uid ?? '?'),
    ),
  )

test('a canary that cannot write halts the job with no other node touched; a new token after the repair resumes it', async () => {
  swarm().behave(fails('TargetNotWritable', '/opt/patches is read-only: mount it writable.'))
  await start('canary', { waves: [{ name: 'canary', nodes: 1 }], failureThreshold: 1 })
  const halted = await until(jobNow('canary'), 'False FailureThresholdExceeded')
  expect(isConditionTrue(halted.status?.conditions, 'Stalled')).toBe(true)
  expect(halted.status).toMatchObject({ waiting: 3, active: 0, failed: 1, wave: { name: 'canary', size: 1 } })
  const [row] = await rowsOf(client(), 'canary')
  expect(halted.status?.failedNodes).toEqual([
    {
      node: row?.spec.nodeName,
      reason: 'TargetNotWritable',
      message: '/opt/patches is read-only: mount it writable.',
    },
  ])
  expect(reached(halted).filter((ids) => ids.length > 0)).toHaveLength(1)

  swarm().behave(delivers(100))
  await change('canary', { retryToken: 'mounted' })
  const done = await until(jobNow('canary'), 'True Completed')
  expect(done.status).toMatchObject({ succeeded: 4, failed: 0 })
  const rows = await rowsOf(client(), 'canary')
  expect(rows.filter((one) => one.status?.attempt === 2).map((one) => one.spec.nodeName)).toEqual([
    row?.spec.nodeName,
  ])
  expect(rows.map((one) => one.spec.wave).sort()).toEqual(['canary', 'rest', 'rest', 'rest'])
})

test('waves begin one after the other, by label and by share, and soak in between', async () => {
  const [first = ''] = swarm().nodes
  swarm().behave(delivers(10))
  await start('rings', {
    waves: [
      { name: 'ring-0', selector: { matchLabels: { ring: '0' } }, soakSeconds: 2 },
      { name: 'half', nodes: '50%' },
    ],
  })
  await until(jobNow('rings'), (one) => one.status?.active === 1)
  expect((await rowsOf(client(), 'rings')).map((one) => one.spec.nodeName)).toEqual([first])
  swarm().agents[0]?.behave(delivers(100))
  const soaking = await until(jobNow('rings'), 'False Soaking')
  expect(soaking.status?.wave).toMatchObject({ name: 'ring-0', size: 1, finished: 1 })
  expect(await rowsOf(client(), 'rings')).toHaveLength(1)
  const half = await until(jobNow('rings'), (one) => one.status?.wave?.name === 'half')
  expect(half.status).toMatchObject({ active: 2, waiting: 1, wave: { size: 2 } })
  swarm().behave(delivers(100))
  await until(jobNow('rings'), 'True Completed')
})

test('a node that failed tries again by itself, and the job ends Complete', async () => {
  const secondTry = (desired: DesiredState) => {
    const report = delivers(100)(desired)
    const again = desired.deliveries.every(({ id }) => id.endsWith('/2'))
    return again ? report : fails('InsufficientDisk', 'The file system is full.')(desired)
  }
  swarm().agents[1]?.behave(secondTry)
  await start('stubborn', { retries: 1, failureThreshold: 1 })
  await until(jobNow('stubborn'), 'False Retrying')
  const done = await until(jobNow('stubborn'), 'True Completed')
  expect(done.status).toMatchObject({ succeeded: 4, failed: 0 })
  expect(
    (await rowsOf(client(), 'stubborn')).find((one) => one.spec.nodeName === swarm().nodes[1])?.status,
  ).toMatchObject({ state: 'Delivered', attempt: 2, retries: 1 })
})

test('a node to which nothing comes fails when peers have what it lacks, and not when none of them has', async () => {
  const [stuck, alone] = swarm().agents
  const withoutPeers = (desired: DesiredState) => {
    const report = delivers(10)(desired)
    return { ...report, deliveries: report.deliveries.map((one) => ({ ...one, usefulPeers: 0 })) }
  }
  stuck?.behave(delivers(10))
  alone?.behave(withoutPeers)
  await start('stuck', { stallTimeoutSeconds: 1, progressDeadlineSeconds: 1 })
  const late = await until(jobNow('stuck'), 'False ProgressDeadlineExceeded')
  expect(isConditionTrue(late.status?.conditions, 'Stalled')).toBe(true)
  const failed = await until(jobNow('stuck'), (one) => one.status?.failed === 1)
  expect(failed.status).toMatchObject({
    active: 1,
    failedNodes: [{ node: swarm().nodes[0], reason: 'NoProgress' }],
  })
  await vi.waitFor(() => expect(stuck?.desired?.deliveries).toEqual([]), 10_000)
  swarm().behave(delivers(100))
  await until(jobNow('stuck'), 'False NodesFailed')
  await change('stuck', { retryToken: 'mended' })
  await until(jobNow('stuck'), 'True Completed')
})

test('a path belongs to one job: another one is turned away before it begins, and takes over when it says so', async () => {
  const delivery = { directory: '/opt/patches/paths' }
  await createArtifact(client(), 'patch-b', {
    profile: 'waves',
    digest: `sha256:${'cd'.repeat(32)}`,
    fileName: 'patch-1.bin',
  })
  await until(() => client().for(patchArtifacts).get('patch-b', operatorNamespace), 'True Seeded')
  await job('path-a', { delivery })
  await until(jobNow('path-a'), 'True Completed')

  await createJob(client(), 'path-b', { artifacts: [{ name: 'patch-b' }], delivery })
  const refused = await until(jobNow('path-b'), 'False NodesFailed')
  expect(refused.status?.failedNodes?.map((one) => one.reason)).toEqual(Array(4).fill('PathConflict'))
  expect(reached(refused)).toEqual([[], [], [], []])

  await client()
    .for(distributionJobs)
    .patch('path-b', operatorNamespace, {
      spec: { delivery: { replaces: 'path-a' }, rollout: { retryToken: 'takes over' } },
    })
  const done = await until(jobNow('path-b'), 'True Completed')
  expect(done.status).toMatchObject({ succeeded: 4, failed: 0 })
})

const announcing = (name: string, nodeAnnotation: string, spec: object = {}) =>
  job(name, { handOver: { nodeAnnotation }, ...spec })
const expectAnnotations = async (nodeAnnotation: string) => {
  for (const name of swarm().nodes) {
    const { metadata } = await client().for(NODE).get(name)
    const key = `${operatorNamespace}.delivered.patchswarm.dev/${nodeAnnotation}`
    expect(metadata.annotations?.[key]).toBe(testArtifact.digest)
  }
}

test('a node with its files says so by an annotation, where the operator may write one; where not, the job does', async () => {
  {
    await using _ = await letPatchNodes(client(), swarm().nodes)
    await announcing('announced', 'patch')
    await until(jobNow('announced'), 'True Completed')
    await expectAnnotations('patch')
  }
  // The last test gives the permission when these have long been over.
  await announcing('silent', 'other')
  await announcing('silent-cache', 'cached', { delivery: { method: 'CacheOnly' } })
  for (const name of ['silent', 'silent-cache']) {
    const silent = await until(jobNow(name), 'True Completed')
    for (const { message } of silent.status?.conditions ?? [])
      expect(message).toContain('rbac-hand-over.yaml')
  }
  await vi.waitFor(async () => {
    const events = await client().for(EVENT).list({ namespace: operatorNamespace })
    const told = events.filter((one) => one.involvedObject.name === 'silent').map((one) => one.reason)
    expect(told).toContain('HandOverForbidden')
  }, 10_000)
})

test('a job that is over goes by itself when its time has come', async () => {
  await job('mayfly', {
    delivery: { method: 'CacheOnly' },
    ttlSecondsAfterFinished: 1,
  })
  // It may be gone before anybody has seen it complete.
  await gone(jobNow('mayfly'))
})

test('fewer failures than the threshold are no failure of the job, and a new token still mends them', async () => {
  swarm().agents[2]?.behave(fails('RootMissing', '/opt/patches does not exist on the node: make it.'))
  await start('tolerant', { failureThreshold: '50%' })
  const done = await until(jobNow('tolerant'), 'True Completed')
  expect(done.status).toMatchObject({ succeeded: 3, failed: 1 })
  swarm().behave(delivers(100))
  await change('tolerant', { retryToken: 'made' })
  const mended = await until(jobNow('tolerant'), (one) => one.status?.succeeded === 4)
  expect(mended.status).toMatchObject({ failed: 0, failedNodes: [] })
})

test('a cordoned node is left out with a reason, and a job that keeps nodes current takes it in later', async () => {
  const [, second = ''] = swarm().nodes
  const cordon = (unschedulable: boolean | null) =>
    client().for(NODE).patch(second, undefined, { spec: { unschedulable } })
  await cordon(true)
  // Suspended first: the operator may hear of the node after it hears of the job.
  await job('around', { suspend: true })
  await until(jobNow('around'), (one) => one.status?.skipped === 1)
  await client()
    .for(distributionJobs)
    .patch('around', operatorNamespace, { spec: { suspend: false } })
  const around = await until(jobNow('around'), 'True Completed')
  expect(around.status).toMatchObject({ succeeded: 3, skipped: 1 })
  expect(around.status?.skippedNodes).toMatchObject([{ node: second, reason: 'NodeCordoned' }])

  await job('keeps', {
    completionPolicy: 'KeepCurrent',
    delivery: { directory: '/opt/patches/keeps' },
  })
  const without = await until(jobNow('keeps'), 'True Current')
  expect(without.status).toMatchObject({ succeeded: 3, skipped: 1 })
  await cordon(null)
  const withAll = await until(jobNow('keeps'), (one) => one.status?.succeeded === 4)
  expect(readiness(withAll)).toBe('True Current')
  expect(isConditionTrue(withAll.status?.conditions, 'Complete')).toBe(false)
  // A file that is another one by now is brought again.
  const changing = swarm().agents[0]
  changing?.behave((desired) => {
    const changed = desired.guards.map(({ id }) => id).filter((id) => id.endsWith('/patch'))
    return { ...delivers(100)(desired), changed }
  })
  await vi.waitFor(
    async () => {
      const rows = await rowsOf(client(), 'keeps')
      const repaired = rows.filter((one) => one.status?.attempt === 2 && one.status.state === 'Delivered')
      expect(repaired.map((one) => one.spec.nodeName)).toEqual([swarm().nodes[0]])
    },
    { timeout: 20_000, interval: 100 },
  )
  // The job that is over stays as it was.
  expect((await jobNow('around')()).status).toMatchObject({ succeeded: 3, skipped: 1 })
  await client().for(distributionJobs).delete('keeps', operatorNamespace)
})

test('a node that leaves the profile in the middle is left out at once, and is part of the job when it comes back', async () => {
  const last = swarm().nodes.at(-1) ?? ''
  const pool = (name: string) =>
    client()
      .for(NODE)
      .patch(last, undefined, { metadata: { labels: { pool: name } } })
  swarm().behave(delivers(10))
  await job('leaving')
  await until(jobNow('leaving'), (one) => one.status?.active === 4)
  await pool('elsewhere')
  const left = await until(jobNow('leaving'), (one) => one.status?.skipped === 1)
  expect(left.status).toMatchObject({ active: 3, failed: 0 })
  expect(left.status?.skippedNodes).toMatchObject([{ node: last, reason: 'NodeLeft' }])
  await pool('waves')
  await until(jobNow('leaving'), (one) => one.status?.active === 4)
  await pool('elsewhere')
  await until(jobNow('leaving'), (one) => one.status?.skipped === 1)
  for (const agent of swarm().agents.slice(0, -1)) agent.behave(delivers(100))
  const done = await until(jobNow('leaving'), 'True Completed')
  expect(done.status).toMatchObject({ succeeded: 3, skipped: 1 })
  const skipped = (await rowsOf(client(), 'leaving')).filter((one) => one.status?.state === 'Skipped')
  expect(skipped).toMatchObject([{ spec: { nodeName: last }, status: { reason: 'NodeLeft' } }])
})

test('nodes of jobs that are over say what they have once they may', async () => {
  await using _ = await letPatchNodes(client(), swarm().nodes)
  for (const name of ['silent', 'silent-cache']) {
    const over = await until(
      jobNow(name),
      (one) => !one.status?.conditions?.some(({ message }) => message.includes('rbac-hand-over.yaml')),
      40_000,
    )
    expect(over.status).toMatchObject({ succeeded: 4 })
  }
  await expectAnnotations('other')
  await expectAnnotations('cached')
})
