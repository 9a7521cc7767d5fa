// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type DistributionJob,
  distributionJobs,
  type NodeDistribution,
  nodeDistributions,
  operatorNamespace,
  type P2PProfile,
  type PatchArtifact,
} from '@patchswarm/api'
import { NODE } from '@patchswarm/kube'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { applyManifests, readManifests } from '../../lab/src/cluster/index.ts'
import { type Lab, startLab } from '../../lab/src/lab.ts'
import { createLoopbackNetwork } from '../../lab/src/network/index.ts'
import { type Origin, startOrigin } from '../../lab/src/origin/index.ts'
import { inRepository } from '../../lab/src/repository.ts'
import { builtPrograms } from '../support/test-lab.ts'

/** Whole chunks that the second version has from the first. */
const shared = 15 * 256 * 1024
const underWay = 8 * 256 * 1024
const first = randomBytes(5_000_000)
/** The same bytes every time: how much is fetched depends on where the content is cut. */
const image = createHash('shake256', { outputLength: 16_000_000 }).update('image').digest()
const middle = image.length / 2
/** Stand-ins for what the examples download, under the same names. */
const files = {
  'linux-6.6': first,
  'linux-6.8': Buffer.concat([randomBytes(256 * 1024), first.subarray(0, shared), randomBytes(2_000_000)]),
  'base-image-1': image,
  'base-image-2': Buffer.concat([
    image.subarray(0, middle),
    Buffer.alloc(100_000, first),
    image.subarray(middle),
  ]),
}
type Name = keyof typeof files

let directory: string
let lab: Lab
const origins = new Map<Name, Origin>()

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'patchswarm-examples-'))
  for (const name of Object.keys(files) as Name[]) origins.set(name, await serve(name))
  lab = await startLab({
    directory,
    nodes: 3,
    network: createLoopbackNetwork(Math.random),
    nodeFolders: ['/opt/patches'],
    programs: builtPrograms(),
    log: pino({ level: 'warn' }, pino.destination(join(directory, 'lab.log'))),
  })
}, 120_000)

afterAll(async () => {
  await lab?.stop()
  for (const origin of origins.values()) await origin.stop()
  await rm(directory, { recursive: true, force: true })
})

describe('the examples, one after the other as a user would apply them', () => {
  test('01: one file to all nodes', async () => {
    await apply('01-one-file-to-all-nodes.yaml')
    const job = await completed('linux-6.6')
    expect(job.status).toMatchObject({ desired: 3, succeeded: 3, failed: 0, progressPercent: 100 })
    for (const node of lab.nodeNames) {
      expect(await delivered(node, 'linux/linux-6.6.tar.xz')).toBe(sha256(files['linux-6.6']))
    }
    expect(origins.get('linux-6.6')!.counters.bytes).toBeLessThanOrEqual(files['linux-6.6'].length * 1.02)
  })

  test('02: to a label, half of the nodes at a time, from what they already hold', async () => {
    const before = origins.get('linux-6.6')!.counters.bytes
    for (const node of ['n1', 'n3']) {
      await lab.cluster.client.for(NODE).patch(node, undefined, { metadata: { labels: { pool: 'edge' } } })
    }
    await apply('02-to-a-label.yaml')
    const job = await completed('linux-6.6-edge')
    expect(job.status).toMatchObject({ desired: 2, succeeded: 2, failed: 0 })
    expect(job.status?.bytes).toMatchObject({ peers: 0, cache: 2 * files['linux-6.6'].length })
    expect(await nodesOf('linux-6.6-edge')).toEqual(['n1', 'n3'])
    for (const node of ['n1', 'n3']) {
      expect(await delivered(node, 'edge/linux-6.6.tar.xz')).toBe(sha256(files['linux-6.6']))
      const { mode } = await stat(join(lab.node(node).root, 'opt/patches/edge/linux-6.6.tar.xz'))
      expect((mode & 0o777).toString(8)).toBe('640')
    }
    await expect(delivered('n2', 'edge/linux-6.6.tar.xz')).rejects.toThrow('ENOENT')
    expect(origins.get('linux-6.6')!.counters.bytes).toBe(before)
  })

  test('03: a second version lies beside the first, and what they share is not fetched', async () => {
    await apply('03-second-version.yaml')
    const job = await completed('linux-6.8')
    const size = files['linux-6.8'].length
    const { origin, peers = 0, cache = 0 } = job.status?.bytes ?? {}
    expect({ origin, moved: peers + cache }).toEqual({ origin: size, moved: 3 * size })
    // The job starts while the seeder reads: what is on its way before a node knows the digest comes all the same.
    expect(cache).toBeGreaterThanOrEqual(3 * (shared - underWay))
    expect(job.status?.savings).toEqual({ bytes: 2 * size, percent: 66 })
    for (const node of lab.nodeNames) {
      expect(await delivered(node, 'linux/linux-6.8.tar.xz')).toBe(sha256(files['linux-6.8']))
      expect(await delivered(node, 'linux/linux-6.6.tar.xz')).toBe(sha256(files['linux-6.6']))
    }
  })

  test('04: a canary first, the others when it has soaked', async () => {
    const order = (a: NodeDistribution, b: NodeDistribution) => startOf(a) - startOf(b)
    await apply('04-waves.yaml')
    const job = await completed('linux-6.6-careful')
    expect(job.status).toMatchObject({ desired: 3, succeeded: 3, failed: 0 })
    const rows = (await rowsOf('linux-6.6-careful')).sort(order)
    expect(rows.map((one) => one.spec.wave)).toEqual(['canary', 'quarter', 'rest'])
    const canaryEnd = Date.parse(rows[0]?.status?.completionTime ?? '')
    expect(startOf(rows[1]!) - canaryEnd).toBeGreaterThanOrEqual(3000)
  })
})

describe('a file that is cut where its content says', () => {
  test('05: comes to all nodes', async () => {
    await apply('05-an-image.yaml')
    const job = await completed('base-image-1')
    expect(job.status?.bytes).toMatchObject({ peers: 3 * image.length, cache: 0 })
  })

  test('06: the next version takes its place, and little more than what was inserted is fetched', async () => {
    await apply('06-the-next-image.yaml')
    const job = await completed('base-image-2')
    const { length } = files['base-image-2']
    const { origin = 0, peers = 0, cache = 0 } = job.status?.bytes ?? {}
    expect([origin, peers + cache]).toEqual([length, 3 * length])
    // The chunks around the insertion are new as well, about two.
    expect(peers).toBeLessThanOrEqual(0.1 * 3 * length)
    for (const node of lab.nodeNames) {
      expect(await delivered(node, 'images/base.img')).toBe(sha256(files['base-image-2']))
    }
  })
})

test('08: a job that keeps nodes current is Ready with the files, says what it may not do, and never ends', async () => {
  await apply('08-keep-current.yaml')
  const job = await until('linux-6.6-everywhere', 'Ready')
  expect(job.status).toMatchObject({ desired: 3, succeeded: 3, failed: 0 })
  expect(job.status?.completionTime).toBeUndefined()
  expect(job.status?.conditions?.[0]?.message).toContain('rbac-hand-over.yaml')
  for (const node of lab.nodeNames) {
    expect(await delivered(node, 'everywhere/linux-6.6.tar.xz')).toBe(sha256(files['linux-6.6']))
  }
})

async function serve(name: Name): Promise<Origin> {
  const file = join(directory, name)
  await writeFile(file, files[name])
  return await startOrigin({
    file,
    fileName: `${name}.tar.xz`,
    etag: sha256(files[name]),
    address: '127.0.0.1',
  })
}

/** The example as it is, but for what differs on this machine: where the bytes come from, and the shared loopback interface. */
async function apply(example: string): Promise<void> {
  const objects = await readManifests(inRepository('examples', example))
  for (const object of objects) {
    if (object.kind === 'P2PProfile') {
      const { spec } = object as unknown as P2PProfile
      spec.transport = { ...spec.transport, allowedCIDRs: [lab.network.cidr] }
      spec.admin = { ...spec.admin, bindAddress: 'NodeIP' }
      spec.discovery = { ...spec.discovery, mdns: false }
      spec.origin = { ...spec.origin, allowedDomains: [lab.network.hostAddress] }
    }
    if (object.kind === 'PatchArtifact') {
      const { spec } = object as unknown as PatchArtifact
      const name = object.metadata.name as Name
      spec.sources = spec.sources.map(() => ({ http: { url: origins.get(name)!.url } }))
      spec.digest = `sha256:${sha256(files[name])}`
    }
  }
  await applyManifests(lab.cluster.client, objects)
}

const completed = (name: string): Promise<DistributionJob> => until(name, 'Complete')

async function until(name: string, condition: string): Promise<DistributionJob> {
  let job: DistributionJob | undefined
  for (let tries = 0; tries < 600; tries++) {
    job = await lab.cluster.client.for(distributionJobs).get(name, operatorNamespace)
    if (job.status?.conditions?.some(({ type, status }) => type === condition && status === 'True'))
      return job
    await sleep(200)
  }
  throw new Error(
    `the job ${name} is not ${condition} after 2 minutes: ${JSON.stringify(job?.status, undefined, 1)}`,
  )
}

async function rowsOf(jobName: string): Promise<NodeDistribution[]> {
  const all = await lab.cluster.client.for(nodeDistributions).list({ namespace: operatorNamespace })
  return all.filter(({ spec }) => spec.job === jobName)
}

const nodesOf = async (jobName: string): Promise<string[]> =>
  (await rowsOf(jobName)).map(({ spec }) => spec.nodeName).toSorted()

const startOf = ({ status }: NodeDistribution): number => Date.parse(status?.startTime ?? '')

const delivered = async (node: string, path: string) =>
  sha256(await readFile(join(lab.node(node).root, 'opt/patches', path)))

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
