// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import {
  type DistributionJob,
  distributionJobs,
  nodeDistributions,
  type P2PProfile,
  type PatchArtifact,
} from '@patchswarm/api'
import { NAMESPACE } from '@patchswarm/kube'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, makeNamespace } from './support/cluster.ts'
import { changeVerdict, create, type Kind, kinds } from './support/crd-check.ts'
import { digest, distributionJob, nodeDistribution, p2pProfile, patchArtifact } from './support/objects.ts'

const client = connect()
let namespace = ''

beforeAll(async () => {
  namespace = await makeNamespace(client, 'crd')
})

afterAll(async () => {
  await client.for(NAMESPACE).delete(namespace)
})

describe('a change', () => {
  const artifact = patchArtifact({ size: 7, chunking: { size: 262144 } }, 'fixed')
  const job = distributionJob({}, 'fixed')
  const node = nodeDistribution({}, 'fixed')
  const source = { http: { url: 'https://mirror.example.com/patch-1.0.bin' } }

  beforeAll(async () => {
    for (const object of [artifact, job, node]) await create(client, namespace, object)
  })

  const patch = (kind: Kind, spec: object) => changeVerdict(client, namespace, { kind, name: 'fixed' }, spec)

  test.for([
    {
      kind: 'PatchArtifact' as const,
      field: 'profile',
      to: 'other',
      message: 'is immutable: create a new PatchArtifact for the other profile',
    },
    {
      kind: 'PatchArtifact' as const,
      field: 'digest',
      to: digest('1'),
      message: 'is immutable: create a new PatchArtifact for the other file',
    },
    {
      kind: 'PatchArtifact' as const,
      field: 'size',
      to: null,
      message: 'is immutable: create a new PatchArtifact with the right size',
    },
    {
      kind: 'PatchArtifact' as const,
      field: 'chunking',
      to: null,
      message: 'is immutable: create a new PatchArtifact with the other chunking',
    },
    {
      kind: 'PatchArtifact' as const,
      field: 'chunking',
      to: { strategy: 'ContentDefined' },
      message: 'is immutable: create a new PatchArtifact with the other chunking',
    },
    {
      kind: 'PatchArtifact' as const,
      field: 'fileName',
      to: 'other.bin',
      message: 'is immutable: create a new PatchArtifact with the other file name',
    },
    {
      kind: 'PatchArtifact' as const,
      field: 'signature',
      to: { publicKey: '-----BEGIN PUBLIC KEY-----', value: 'AAAAAAAA' },
      message: 'is immutable: create a new PatchArtifact with the other signature',
    },
    {
      kind: 'PatchArtifact' as const,
      field: 'series',
      to: 'kernel',
      message: 'is immutable: create a new PatchArtifact in the other series',
    },
    {
      kind: 'PatchArtifact' as const,
      field: 'origin',
      to: { budgetFactor: 2 },
      message: 'is immutable: create a new PatchArtifact with the other budget',
    },
    {
      kind: 'PatchArtifact' as const,
      field: 'sources',
      to: [{ http: { url: 'https://example.com/other.bin' } }],
      message:
        "without fileName the last segment of the first URL is the file's name on the nodes and must stay: put a URL with the same last segment first, or create a new PatchArtifact with fileName",
    },
    {
      kind: 'DistributionJob' as const,
      field: 'artifacts',
      to: [{ name: 'other' }],
      message: 'is immutable: create a new DistributionJob for the other artifacts',
    },
    {
      kind: 'DistributionJob' as const,
      field: 'target',
      to: { nodeNames: ['n1'] },
      message: 'is immutable: create a new DistributionJob for the other nodes',
    },
    {
      kind: 'DistributionJob' as const,
      field: 'delivery',
      to: { directory: '/opt/other' },
      message:
        'is immutable: create a new DistributionJob for the other method, directory, mode, owner or number of versions',
    },
    {
      kind: 'DistributionJob' as const,
      field: 'completionPolicy',
      to: 'KeepCurrent',
      message: 'is immutable: create a new DistributionJob with the other policy',
    },
  ])('of $kind.spec.$field is refused: it is immutable', async ({ kind, field, to, message }) => {
    expect(await patch(kind, { [field]: to })).toBe(`spec.${field}: Invalid value: ${message}`)
  })

  test('of a NodeDistribution is refused: it belongs to the operator', async () => {
    expect(await patch('NodeDistribution', { nodeName: 'n2' })).toBe(
      'spec: Invalid value: is immutable: NodeDistributions belong to the operator; change or create the DistributionJob instead',
    )
  })

  test.for([
    {
      name: 'of the sources of an artifact',
      kind: 'PatchArtifact' as const,
      spec: { sources: [source, source] },
    },
    {
      name: 'of pace and pause of a job',
      kind: 'DistributionJob' as const,
      spec: {
        rollout: { maxConcurrent: 2, retryToken: 'second', waves: [{ name: 'a', nodes: 1 }] },
        suspend: true,
      },
    },
    {
      name: 'of the job that another one replaces',
      kind: 'DistributionJob' as const,
      spec: { delivery: { replaces: 'before' } },
    },
  ])('$name is taken', async ({ kind, spec }) => {
    expect(await patch(kind, spec)).toBe('accepted')
  })

  test('of the status is taken and does not touch the spec', async () => {
    const jobs = client.for(distributionJobs)
    const changed = await jobs.patchStatus('fixed', namespace, { observedGeneration: 1, desired: 3 })
    expect(changed.status).toEqual({ observedGeneration: 1, desired: 3 })
    expect(changed.metadata.generation).toBe(1)
  })
})

describe('the API server fills in', () => {
  const filled = <T>(object: { kind: Kind }) => create<T>(client, namespace, object, { dryRun: true })

  test('every default of a profile', async () => {
    const { spec } = await filled<P2PProfile>(p2pProfile({}))
    expect(spec).toEqual({
      enabled: true,
      bandwidth: { yield: false, windows: [] },
      nodeSelector: {},
      tolerations: [],
      cache: { hostPath: '/var/lib/patchswarm', minFree: '1Gi', retentionDays: 7, minSeeders: 2 },
      transport: {
        port: 4001,
        allowedCIDRs: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'],
      },
      admin: { port: 5001, bindAddress: '127.0.0.1' },
      discovery: { mdns: true, static: [] },
      peers: { maxPeers: 32, admit: [] },
      origin: {
        access: 'Seeders',
        perSite: false,
        fallback: 'Never',
        stallSeconds: 60,
        allowedDomains: [],
        tlsMinVersion: '1.2',
      },
      delivery: { allowedRoots: [] },
      siteLabel: 'topology.kubernetes.io/zone',
      seeder: {},
      updateStrategy: { maxUnavailable: '10%' },
    })
  })

  test('the budget of an artifact', async () => {
    const { spec } = await filled<PatchArtifact>(patchArtifact({}))
    expect(spec.origin).toEqual({ budgetFactor: 1.2 })
  })

  test('target, pace, mode and suspend of a job', async () => {
    const { spec } = await filled<DistributionJob>(distributionJob({}))
    expect(spec).toMatchObject({
      target: {},
      rollout: { maxConcurrent: '100%', onThreshold: 'Halt', retries: 0 },
      delivery: { mode: '0644' },
      completionPolicy: 'Once',
      suspend: false,
    })
  })

  const least = [p2pProfile({}), patchArtifact({}), distributionJob({}), nodeDistribution({})]
  test.for(least)(
    'observedGeneration -1 in a new $kind, so that kstatus waits for the operator',
    async (object) => {
      const { status } = await filled<{ status: unknown }>(object)
      expect(status).toEqual({ observedGeneration: -1 })
    },
  )
})

describe('users find their way', () => {
  test('kubectl explain has a text for every kind and every field of its spec', async () => {
    const api = await client.request<{ components: { schemas: Record<string, Explained> } }>(
      'GET',
      '/openapi/v3/apis/patchswarm.dev/v1alpha1',
    )
    for (const kind of kinds) {
      const schema = api.components.schemas[`dev.patchswarm.v1alpha1.${kind}`]
      expect(schema?.description).toMatch(new RegExp(`^A ${kind} `))
      const fields = Object.values(schema?.properties?.spec?.properties ?? {})
      expect(fields.length).toBeGreaterThan(2)
      expect(fields.filter(({ description }) => !description)).toEqual([])
    }
  })

  test.for([
    ['p2p', 'P2PProfile'],
    ['pa', 'PatchArtifact'],
    ['dj', 'DistributionJob'],
    ['nd', 'NodeDistribution'],
  ])('%s is short for %s, and `kubectl get patchswarm` lists it', async ([shortName, kind]) => {
    const { resources } = await client.request<{
      resources: { kind: string; shortNames?: string[]; categories?: string[] }[]
    }>('GET', '/apis/patchswarm.dev/v1alpha1')
    const resource = resources.find((r) => r.kind === kind && r.shortNames)
    expect(resource).toMatchObject({ shortNames: [shortName], categories: ['patchswarm'] })
  })

  test('node distributions are found by their node', async () => {
    for (const [name, nodeName] of [
      ['row-1', 'node-a'],
      ['row-2', 'node-b'],
    ] as const) {
      await create(client, namespace, nodeDistribution({ nodeName }, name))
    }
    const found = await client
      .for(nodeDistributions)
      .list({ namespace, fieldSelector: 'spec.nodeName=node-b' })
    expect(found.map(({ metadata }) => metadata.name)).toEqual(['row-2'])
  })
})

interface Explained {
  description?: string
  properties?: Record<string, Explained>
}
