// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { NAMESPACE } from '@patchswarm/kube'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { connect, makeNamespace } from './support/cluster.ts'
import { create, type Kind, verdict } from './support/crd-check.ts'
import { distributionJob, nodeDistribution, p2pProfile, patchArtifact } from './support/objects.ts'
import { distributionJobRules } from './support/rules/distribution-job.ts'
import { p2pProfileRules } from './support/rules/p2p-profile.ts'
import { patchArtifactRules } from './support/rules/patch-artifact.ts'

const client = connect()
let namespace = ''

beforeAll(async () => {
  namespace = await makeNamespace(client, 'crd')
})

afterAll(async () => {
  await client.for(NAMESPACE).delete(namespace)
})

const check = (object: { kind: Kind }) => verdict(create(client, namespace, object, { dryRun: true }))

describe('a wrong spec is refused with what to write instead', () => {
  test.for([...p2pProfileRules, ...patchArtifactRules, ...distributionJobRules])(
    '$name',
    async ({ object, message }) => {
      expect(await check(object)).toBe(message)
    },
  )
})

describe('a right spec is taken', () => {
  const base = { matchLabels: { pool: 'edge' } }
  test.for([
    { name: 'the least profile', object: p2pProfile({}) },
    { name: 'admin on the node address', object: p2pProfile({ admin: { bindAddress: 'NodeIP' } }) },
    { name: 'admin on an IPv6 address', object: p2pProfile({ admin: { bindAddress: 'fd00::1' } }) },
    { name: 'a site label of its own', object: p2pProfile({ siteLabel: 'example.com/Store_id' }) },
    {
      name: 'labels, taints and resources of Pods',
      object: p2pProfile({
        nodeSelector: { 'kubernetes.io/os': 'linux', pool: '' },
        tolerations: [{ key: 'example.com/gpu', effect: 'NoExecute', tolerationSeconds: 5, value: '' }],
        resources: { requests: { cpu: 1, memory: '0.5Gi' }, limits: { cpu: '1000m', memory: '512Mi' } },
      }),
    },
    { name: 'no site label', object: p2pProfile({ siteLabel: '' }) },
    {
      name: 'agents that read by site',
      object: p2pProfile({ origin: { access: 'Agents', perSite: true } }),
    },
    {
      name: 'two roots beside each other, one with namespaces',
      object: p2pProfile({
        delivery: { allowedRoots: [{ path: '/opt/a' }, { path: '/opt/ab', namespaces: ['team-a'] }] },
      }),
    },
    {
      name: 'a root whose name only begins like the cache',
      object: p2pProfile({ delivery: { allowedRoots: [{ path: '/var/lib/patchswarm-files' }] } }),
    },
    {
      name: 'a static peer by IPv6',
      object: p2pProfile({
        discovery: {
          static: ['/ip6/fd00::7/tcp/4001/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'],
        },
      }),
    },
    {
      name: 'an admitted peer with a key of another type',
      object: p2pProfile({ peers: { admit: ['QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N'] } }),
    },
    {
      name: 'sizes of the cache in different units, without a limit and without an end',
      object: p2pProfile({
        cache: { minSize: '1.5G', maxSize: '2Gi', minFree: '500M', retentionDays: 0, minSeeders: 0 },
      }),
    },
    {
      name: 'a least cache without a most',
      object: p2pProfile({ cache: { minSize: '10Gi', maxSize: '0' } }),
    },
    {
      name: 'resources as in a Pod',
      object: p2pProfile({ resources: { requests: { cpu: 1, memory: '128Mi' } } }),
    },
    {
      name: 'limits with windows',
      object: p2pProfile({
        bandwidth: {
          upload: '100kbit',
          download: '999999Mbit',
          origin: '1Gbit',
          windows: [
            { days: ['Sat', 'Sun'], start: '00:00', end: '24:00', upload: 'Unlimited' },
            { start: '22:00', end: '06:00', timeZone: 'America/Argentina/Buenos_Aires', origin: '2Gbit' },
            { start: '22:00', end: '06:00', timeZone: 'UTC', download: '2Gbit' },
          ],
        },
      }),
    },
    { name: 'a namespace selector', object: p2pProfile({ allowedNamespaces: base }) },
    {
      name: 'an artifact with everything',
      object: patchArtifact({ size: 0, chunking: { size: 1048576 }, fileName: 'Ünïcode name.bin' }),
    },
    {
      name: 'the longest chunks that are cut by content',
      object: patchArtifact({ chunking: { strategy: 'ContentDefined', size: 1048576 } }),
    },
    {
      name: 'a URL with a query after the name',
      object: patchArtifact({ sources: [{ http: { url: 'http://10.0.0.1:8080/a/b.bin?sig=x/y' } }] }),
    },
    {
      name: 'a file that is brought by hand',
      object: patchArtifact({ fileName: 'a.bin', sources: [{ file: { path: '2026-11/a.bin' } }] }),
    },
    {
      name: 'an artifact whose digest nobody knows',
      object: patchArtifact({ digest: undefined, trustOnFirstUse: true }),
    },
    { name: 'the least job', object: distributionJob({}) },
    {
      name: 'a job for a label and names',
      object: distributionJob({ target: { nodeSelector: base, nodeNames: ['n1'] } }),
    },
    { name: 'a job that fills caches', object: distributionJob({ delivery: { method: 'CacheOnly' } }) },
    { name: 'a job that goes at once', object: distributionJob({ ttlSecondsAfterFinished: 0 }) },
    { name: 'one node at a time', object: distributionJob({ rollout: { maxConcurrent: 1 } }) },
    { name: 'a node distribution', object: nodeDistribution({}) },
  ])('$name', async ({ object }) => {
    expect(await check(object)).toBe('accepted')
  })

  const examples = join(import.meta.dirname, '../../examples')
  const documents = readdirSync(examples).flatMap((file) =>
    parseAllDocuments(readFileSync(join(examples, file), 'utf8')).map((document) => ({
      file,
      object: document.toJS(),
    })),
  )
  test.for(documents)('$object.kind of $file', async ({ object }) => {
    // Under another name: profiles are shared by all tests of this tier.
    const metadata = { name: `${object.metadata.name}-crd` }
    expect(await check({ ...object, metadata })).toBe('accepted')
  })
})
