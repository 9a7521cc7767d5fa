// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { stat } from 'node:fs/promises'
import { p2pProfiles } from '@patchswarm/api'
import { NODE } from '@patchswarm/kube'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lookAt, metric } from '../support/agent-admin.ts'
import { all, digestsOf, onNode } from '../support/node-files.ts'
import { artifactIs, getArtifact, jobIs, profileIs, rowsOf, until } from '../support/seen.ts'
import { type Served, startTestLab, type TestLab } from '../support/test-lab.ts'
import { watchWayTo } from '../support/visitors.ts'
import { createArtifact, createJob, createProfile } from '../support/wishes.ts'

const MiB = 2 ** 20
const SIZE = 48 * MiB
/** Chunks that may come twice for good reason: asked for once more after a stall, or not yet noted when the kill came. */
const IN_FLIGHT = 4 * MiB

let lab: TestLab

beforeAll(async () => {
  lab = await startTestLab({ nodes: 8 })
  // Without a limit a fast machine would be done before anybody can be killed in the middle.
  await createProfile(lab, 'default', { bandwidth: { download: '200Mbit' } })
  await profileIs(lab, 'default', 'AgentsReady')
}, 120_000)

afterAll(() => lab?.stop())

describe('killed in the middle', () => {
  test('two of eight agents and the operator: the job completes and no verified chunk is fetched twice', async () => {
    const file = await lab.serve('patch-1.bin', SIZE, 100 * MiB)
    await createArtifact(lab, 'patch-1', file)
    // Read to its end: what is tested is the swarm, which needs nobody.
    await artifactIs(lab, 'patch-1', 'Seeded')
    await createJob(lab, 'patch-1', ['patch-1'])
    const victims = ['n2', 'n5']
    const heldBefore = await untilInTheMiddle('patch-1', victims)
    for (const node of victims) expect(lab.killAgent(node)).toBe(1)
    lab.operator.kill()

    const { object: job } = await jobIs(lab, 'patch-1', 'Completed', { withinMs: 90_000 })
    expect(job.status).toMatchObject({ desired: 8, succeeded: 8, failed: 0, skipped: 0 })
    expect(await digestsOf(lab, '/opt/patches/patch-1/patch-1.bin')).toEqual(all(lab.nodeNames, file.sha256))
    expect(lab.operator.restarts).toBeGreaterThan(0)
    await expectReadOnce('patch-1', file)

    for (const [index, node] of victims.entries()) {
      // The process that came after the kill took from the wire what the first one had not verified, and no more.
      const received = await metric(
        lab,
        node,
        `patchswarm_agent_peer_bytes_total{artifact="${nameOf('patch-1')}"}`,
      )
      expect(received, `${node} held ${heldBefore[index]}`).toBeGreaterThan(0)
      expect(received! + heldBefore[index]!).toBeLessThanOrEqual(SIZE + IN_FLIGHT)
      // And over both lives every byte was counted once.
      expect(await artifactOn(node, 'patch-1')).toMatchObject({
        state: 'Complete',
        bytesFromPeers: SIZE,
        bytesFromOrigin: 0,
        bytesFromCache: 0,
      })
    }
  })

  test('the operator, for good: agents finish without it, killed ones too, and tell of it when it is back', async () => {
    const file = await lab.serve('patch-2.bin', SIZE, 100 * MiB)
    await createArtifact(lab, 'patch-2', file)
    // Read to its end: what is tested is the swarm, which needs nobody.
    await artifactIs(lab, 'patch-2', 'Seeded')
    await createJob(lab, 'patch-2', ['patch-2'])
    await untilInTheMiddle('patch-2', ['n1', 'n8'])
    const path = '/opt/patches/patch-2/patch-2.bin'
    expect(Object.values(await digestsOf(lab, path))).toEqual(lab.nodeNames.map(() => ''))
    lab.operator.kill()
    await lab.operator.pause()
    expect(lab.operator.pid).toBeUndefined()
    // It has nobody to ask what to do, and nobody to vouch for it but what it was given before.
    expect(lab.killAgent('n3')).toBe(1)

    await until('all agents are done by themselves', allDelivered, { withinMs: 60_000 })
    expect(await digestsOf(lab, path)).toEqual(all(lab.nodeNames, file.sha256))
    const rows = await rowsOf(lab, 'patch-2')
    expect([...rows.values()].filter(({ status }) => status?.state === 'Delivered')).toEqual([])
    const written = await Promise.all(lab.nodeNames.map((node) => stat(onNode(lab, node, path))))

    lab.operator.resume()
    const { object: job } = await jobIs(lab, 'patch-2', 'Completed', { withinMs: 60_000 })
    expect(job.status).toMatchObject({ desired: 8, succeeded: 8, failed: 0 })
    await expectReadOnce('patch-2', file)
    // Nothing was delivered once more.
    const now = await Promise.all(lab.nodeNames.map((node) => stat(onNode(lab, node, path))))
    expect(now.map(({ ino, mtimeMs }) => [ino, mtimeMs])).toEqual(
      written.map(({ ino, mtimeMs }) => [ino, mtimeMs]),
    )
  })
})

test('the seeder, again and again while it reads: its successor reads on, and the budget holds', async () => {
  const size = 24 * MiB
  const file = await lab.serve('patch-3.bin', size, 12 * MiB)
  await createArtifact(lab, 'patch-3', file)
  await createJob(lab, 'patch-3', ['patch-3'])
  const { counters } = file.origin
  for (let kill = 0; kill < 2; kill++) {
    // Anywhere in a stretch of the file, wherever that is in a request or a chunk.
    const at = counters.bytes + (0.1 + 0.25 * Math.random()) * size
    await until('it has read on', async () => counters.bytes > at, { everyMs: 5 })
    lab.signalSeeder('SIGKILL', 'default')
    const { requests } = counters
    // Half of that is the machine's: a program that starts, beside fourteen others. A kubelet adds a second the next time.
    await until('its successor reads on', async () => counters.requests > requests, { withinMs: 10_000 })
  }
  const { object: job } = await jobIs(lab, 'patch-3', 'Completed', { withinMs: 60_000 })
  expect(await digestsOf(lab, '/opt/patches/patch-3/patch-3.bin')).toEqual(all(lab.nodeNames, file.sha256))
  expect(Number(job.status?.originAmplification)).toBeLessThanOrEqual(1.2)
  const { origin } = (await getArtifact(lab, 'patch-3')).status ?? {}
  expect(counters.bytes).toBeLessThanOrEqual(origin?.bytesGranted ?? 0)
  expect(origin?.bytesGranted).toBeLessThanOrEqual(1.2 * size)
  // What it says was read is what came, but for what a killed reader had not written down.
  expect(origin?.bytesRead).toBeGreaterThanOrEqual(size)
  expect(origin?.bytesRead).toBeLessThanOrEqual(counters.bytes)
})

test('where agents read, only those that were elected connect to the origin, some in each site', async ({
  onTestFinished,
}) => {
  const { client } = lab.cluster
  const siteOf = (node: string) => (lab.nodeNames.indexOf(node) < 4 ? 'east' : 'west')
  for (const node of lab.nodeNames)
    await client.for(NODE).patch(node, undefined, { metadata: { labels: { store: siteOf(node) } } })
  const reads = async (access: string) => {
    const spec = { siteLabel: 'store', origin: { access } }
    await client.for(p2pProfiles).patch('default', undefined, { spec })
    return (await profileIs(lab, 'default', 'AgentsReady')).object.status
  }
  onTestFinished(async () => void (await reads('Seeders')))
  // The operator was away: elected are those that are connected.
  await until(
    'all agents are back',
    async () => (await reads('Agents'))?.agents?.connected === lab.nodeNames.length,
  )
  const file = await lab.serve('patch-4.bin', 16 * MiB, 16 * MiB)
  await using way = await watchWayTo(file.url)
  await createArtifact(lab, 'patch-4', { ...file, url: way.url })
  // Before anybody waits for it all are alike.
  await artifactIs(lab, 'patch-4', 'Seeded')
  await createJob(lab, 'patch-4', ['patch-4'])
  await jobIs(lab, 'patch-4', 'Completed', { withinMs: 60_000 })
  expect(await digestsOf(lab, '/opt/patches/patch-4/patch-4.bin')).toEqual(all(lab.nodeNames, file.sha256))

  const readers = lab.nodeNames.filter((node) => way.visitors.includes(lab.node(node).address))
  expect(new Set(way.visitors)).toEqual(new Set(readers.map((node) => lab.node(node).address)))
  expect(new Set(readers.map(siteOf))).toEqual(new Set(['east', 'west']))
  // Four are elected; on a busy machine one falls silent now and then, and another one goes on for it.
  expect(readers.length).toBeLessThan(lab.nodeNames.length)
  const read = await Promise.all(
    lab.nodeNames.map(async (node) => (await artifactOn(node, 'patch-4'))?.bytesFromOrigin ?? 0),
  )
  const copies = read.reduce((sum, bytes) => sum + bytes, 0) / file.size
  expect(copies).toBeGreaterThanOrEqual(1)
  expect(copies).toBeLessThan(1.2)
})

test('the operator, while the seeder reads: it reads on with the leave that it holds', async () => {
  const size = 24 * MiB
  const file = await lab.serve('patch-5.bin', size, 8 * MiB)
  // Half of what there is to spare is as much as the file.
  await createArtifact(lab, 'patch-5', file, { origin: { budgetFactor: 3 } })
  const { counters } = file.origin
  await until('it reads', async () => counters.bytes > size / 8, { everyMs: 5 })
  lab.operator.kill()
  expect(counters.bytes).toBeLessThan(size)
  await lab.operator.pause()
  await until('it has read all', async () => counters.bytes >= size)
  lab.operator.resume()
  await artifactIs(lab, 'patch-5', 'Seeded', { withinMs: 60_000 })
  expect(counters.bytes).toBe(size)
  expect((await getArtifact(lab, 'patch-5')).status?.origin).toMatchObject({
    bytesGranted: size,
    bytesRead: size,
  })
})

/** Waits until every one of these nodes holds some of the artifact, and none has most of it. @returns bytes held */
async function untilInTheMiddle(artifact: string, nodes: readonly string[]): Promise<number[]> {
  const held = await until(
    `${nodes} are in the middle of ${artifact}`,
    async () => {
      const bytes = await Promise.all(
        nodes.map(async (node) => (await artifactOn(node, artifact))?.bytesHeld ?? 0),
      )
      return bytes.every((one) => one > SIZE / 4) && bytes
    },
    { everyMs: 5, withinMs: 60_000 },
  )
  // Otherwise it was too quick for the test, which would then show nothing.
  expect(Math.max(...held)).toBeLessThan(0.8 * SIZE)
  return held
}

async function artifactOn(node: string, artifact: string) {
  const look = await lookAt(lab, node)
  return look?.artifacts.find(({ name }) => name === nameOf(artifact))
}

async function allDelivered(): Promise<boolean> {
  const looks = await Promise.all(lab.nodeNames.map((node) => lookAt(lab, node)))
  return looks.every(
    (look) => look?.deliveries.length && look.deliveries.every(({ state }) => state === 'Delivered'),
  )
}

/** By the origin's own count of payload, and by what the objects say. */
async function expectReadOnce(name: string, { origin, size }: Served): Promise<void> {
  expect(origin.counters.bytes).toBeGreaterThanOrEqual(size)
  expect(origin.counters.bytes).toBeLessThanOrEqual(1.02 * size)
  const { object: job } = await jobIs(lab, name, 'Completed')
  expect(Number(job.status?.originAmplification)).toBeLessThanOrEqual(1.02)
  await artifactIs(lab, name, 'Seeded')
  expect((await getArtifact(lab, name)).status?.origin?.bytesRead).toBeLessThanOrEqual(1.02 * size)
}

const nameOf = (artifact: string) => `patchswarm-system/${artifact}`
