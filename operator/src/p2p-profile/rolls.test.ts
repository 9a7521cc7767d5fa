// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { readFileSync } from 'node:fs'
import type { P2PProfile } from '@patchswarm/api'
import type { DaemonSet, KubeObject, StatefulSet } from '@patchswarm/kube'
import { describe, expect, test } from 'vitest'
import { profile, settings } from '../testing/objects.ts'
import { childrenFor } from './workloads.ts'

type Spec = P2PProfile['spec']
type Rolls = 'agents' | 'seeder' | 'both' | 'none'

const templatesOf = (children: readonly KubeObject[]) => {
  const of = (kind: string) => children.find((one) => one.kind === kind) as DaemonSet | StatefulSet
  return { agents: of('DaemonSet').spec.template, seeder: of('StatefulSet').spec.template }
}

function rolled(before: readonly KubeObject[], after: readonly KubeObject[]): Rolls {
  const [old, now] = [templatesOf(before), templatesOf(after)]
  const agents = JSON.stringify(old.agents) !== JSON.stringify(now.agents)
  const seeder = JSON.stringify(old.seeder) !== JSON.stringify(now.seeder)
  return agents && seeder ? 'both' : agents ? 'agents' : seeder ? 'seeder' : 'none'
}

const { spec: base } = profile()

/** Every field of the spec, changed. What replaces no Pod reaches programs that run. */
const changes: { field: string; to: Partial<Spec>; rolls: Rolls }[] = [
  { field: 'enabled', to: { enabled: false }, rolls: 'none' },
  { field: 'nodeSelector', to: { nodeSelector: { pool: 'edge' } }, rolls: 'agents' },
  { field: 'tolerations', to: { tolerations: [{ operator: 'Exists' }] }, rolls: 'both' },
  { field: 'siteLabel', to: { siteLabel: 'store' }, rolls: 'none' },
  { field: 'allowedNamespaces', to: { allowedNamespaces: {} }, rolls: 'none' },
  { field: 'cache.minSize', to: { cache: { ...base.cache, minSize: '1Gi' } }, rolls: 'none' },
  { field: 'cache.maxSize', to: { cache: { ...base.cache, maxSize: '1Gi' } }, rolls: 'none' },
  { field: 'cache.minFree', to: { cache: { ...base.cache, minFree: '2Gi' } }, rolls: 'none' },
  { field: 'cache.retentionDays', to: { cache: { ...base.cache, retentionDays: 1 } }, rolls: 'none' },
  { field: 'cache.minSeeders', to: { cache: { ...base.cache, minSeeders: 1 } }, rolls: 'none' },
  { field: 'cache.hostPath', to: { cache: { ...base.cache, hostPath: '/data' } }, rolls: 'agents' },
  { field: 'transport.port', to: { transport: { ...base.transport, port: 4100 } }, rolls: 'both' },
  {
    field: 'transport.allowedCIDRs',
    to: { transport: { ...base.transport, allowedCIDRs: [] } },
    rolls: 'both',
  },
  { field: 'admin.port', to: { admin: { ...base.admin, port: 5100 } }, rolls: 'both' },
  { field: 'admin.bindAddress', to: { admin: { ...base.admin, bindAddress: 'NodeIP' } }, rolls: 'agents' },
  { field: 'discovery.mdns', to: { discovery: { ...base.discovery, mdns: false } }, rolls: 'both' },
  {
    field: 'discovery.static',
    to: { discovery: { ...base.discovery, static: ['/ip4/10.0.0.7'] } },
    rolls: 'both',
  },
  { field: 'bandwidth', to: { bandwidth: { yield: true, windows: [], upload: '1Mbit' } }, rolls: 'none' },
  { field: 'peers', to: { peers: { maxPeers: 8, admit: ['12D3'] } }, rolls: 'none' },
  {
    field: 'origin',
    to: { origin: { ...base.origin, access: 'Agents', fallback: 'AfterStall' } },
    rolls: 'none',
  },
  { field: 'delivery', to: { delivery: { allowedRoots: [{ path: '/srv' }] } }, rolls: 'agents' },
  {
    field: 'delivery.namespaces',
    to: { delivery: { allowedRoots: [{ path: '/opt/patches', namespaces: ['team-a'] }] } },
    rolls: 'none',
  },
  {
    field: 'seeder.import',
    to: { seeder: { import: { hostPath: '/srv/import', node: 'n1' } } },
    rolls: 'seeder',
  },
  { field: 'seeder.resources', to: { seeder: { resources: { limits: { cpu: '1' } } } }, rolls: 'seeder' },
  { field: 'resources', to: { resources: { limits: { cpu: '1' } } }, rolls: 'agents' },
  { field: 'updateStrategy', to: { updateStrategy: { maxUnavailable: 1 } }, rolls: 'none' },
]

describe('a change of', () => {
  const before = childrenFor(profile(), settings)

  test.for(changes)('$field replaces Pods of: $rolls', ({ to, rolls }) => {
    expect(rolled(before, childrenFor(profile(to), settings))).toBe(rolls)
  })

  test('the image replaces all Pods', () => {
    expect(rolled(before, childrenFor(profile(), { ...settings, agentImage: 'patchswarm/agent:2' }))).toBe(
      'both',
    )
  })

  test('the keys that are pinned replaces all Pods, and says on what runs them how many there are', () => {
    const both = childrenFor(profile(), { ...settings, trackerPeerId: '12D3KooWNext,12D3KooWOperator' })
    expect(rolled(before, both)).toBe('both')
    const said = (children: readonly KubeObject[]) =>
      children.flatMap(({ metadata }) => metadata.annotations?.['patchswarm.dev/pinned-keys'] ?? [])
    expect([said(before), said(both)]).toEqual([
      ['1', '1'],
      ['2', '2'],
    ])
  })

  test('nothing leaves everything as it is', () => {
    expect(childrenFor(profile(), settings)).toEqual(before)
  })
})

test('the table has every field', () => {
  const known = new Set(changes.flatMap(({ field }) => [field, field.split('.')[0] ?? '']))
  expect(fieldsOfSpec().filter((field) => !known.has(field))).toEqual([])
})

/** Names below spec in the CRD, by their indentation. */
function fieldsOfSpec(): string[] {
  const file = new URL('../../../crds/patchswarm.dev_p2pprofiles.yaml', import.meta.url)
  const [spec = ''] =
    readFileSync(file, 'utf8')
      .split(/^ {12}spec:$/m)[1]
      ?.split(/^ {12}status:$/m) ?? []
  return [...spec.matchAll(/^ {16}(\w+):$/gm)].map(([, name = '']) => name)
}
