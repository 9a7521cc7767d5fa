// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { profile, settings } from '../testing/objects.ts'
import { podTemplateFor } from './pod.ts'

const template = (role: 'agent' | 'seeder', spec = {}) => podTemplateFor(profile(spec), role, settings).spec
const environment = (role: 'agent' | 'seeder', spec = {}) =>
  Object.fromEntries(
    (template(role, spec).containers[0]?.env ?? []).map((one) => [
      one.name.replace('PATCHSWARM_', ''),
      one.value ?? one.valueFrom?.fieldRef?.fieldPath,
    ]),
  )

test('an agent learns everything from its environment', () => {
  const roots = [{ path: '/opt/patches' }, { path: '/srv/files' }]
  expect(environment('agent', { delivery: { allowedRoots: roots } })).toEqual({
    ROLE: 'agent',
    PROFILE: 'default',
    TRACKER: 'operator:7443',
    TRACKER_PEER_ID: '12D3KooWOperator',
    TOKEN_FILE: '/patchswarm/token/token',
    CACHE_DIR: '/patchswarm/cache',
    LISTEN_ADDRESS: 'status.hostIP',
    PORT: '4001',
    ADMIN_ADDRESS: '127.0.0.1',
    ADMIN_PORT: '5001',
    ALLOWED_CIDRS: '10.0.0.0/8',
    MDNS: 'true',
    STATIC_PEERS: '',
    ROOTS: '/opt/patches=/patchswarm/roots/0,/srv/files=/patchswarm/roots/1',
    LOG_LEVEL: 'info',
  })
})

test('a seeder listens on its own address and has no roots', () => {
  expect(environment('seeder')).toMatchObject({
    ROLE: 'seeder',
    LISTEN_ADDRESS: 'status.podIP',
    ADMIN_ADDRESS: 'status.podIP',
  })
  expect(environment('seeder')).not.toHaveProperty('ROOTS')
})

test('an agent whose metrics others scrape listens on the address of its node', () => {
  const admin = { port: 5001, bindAddress: 'NodeIP' }
  expect(environment('agent', { admin }).ADMIN_ADDRESS).toBe('status.hostIP')
  expect(template('agent', { admin }).containers[0]?.readinessProbe?.httpGet).toEqual({
    path: '/readyz',
    port: 5001,
  })
  expect(template('agent').containers[0]?.readinessProbe?.httpGet).toMatchObject({ host: '127.0.0.1' })
  expect(template('agent').containers[0]?.startupProbe).toMatchObject({
    httpGet: { path: '/readyz' },
    periodSeconds: 1,
    // A cache of which nothing is believed is hashed first, and all of that begins anew when the Pod does.
    failureThreshold: 3600,
  })
})

describe('no Pod has more than its work needs', () => {
  const roots = [{ path: '/opt/patches' }, { path: '/srv/files' }]
  const importing = { seeder: { import: { hostPath: '/srv/import' } } }
  const nobody = { runAsNonRoot: true, runAsUser: 65_532, runAsGroup: 65_532 }
  test.for<{
    role: 'agent' | 'seeder'
    spec: object
    user?: object
    capabilities: object
    hostPaths: string[]
  }>([
    {
      role: 'agent',
      spec: { delivery: { allowedRoots: roots } },
      capabilities: { drop: ['ALL'], add: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'] },
      hostPaths: ['/var/lib/patchswarm', '/opt/patches', '/srv/files'],
    },
    {
      role: 'agent',
      spec: { delivery: { allowedRoots: [] }, ...importing },
      capabilities: { drop: ['ALL'], add: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'] },
      hostPaths: ['/var/lib/patchswarm'],
    },
    { role: 'seeder', spec: {}, user: nobody, capabilities: { drop: ['ALL'] }, hostPaths: [] },
    {
      role: 'seeder',
      spec: importing,
      user: nobody,
      capabilities: { drop: ['ALL'] },
      hostPaths: ['/srv/import'],
    },
  ])('$role with $spec', ({ role, spec, user, capabilities, hostPaths }) => {
    const pod = template(role, spec)
    expect(pod.automountServiceAccountToken).toBe(false)
    expect(pod.securityContext).toEqual({ ...user, seccompProfile: { type: 'RuntimeDefault' } })
    expect(pod.hostNetwork ?? false).toBe(role === 'agent')
    expect(pod).not.toHaveProperty('hostPID')
    expect(pod).not.toHaveProperty('hostIPC')
    expect(pod).not.toHaveProperty('initContainers')
    // All of it: nothing that loosens anything stands beside.
    expect(pod.containers.map((one) => one.securityContext)).toEqual([
      { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities },
    ])
    expect((pod.volumes ?? []).flatMap(({ hostPath }) => hostPath?.path ?? [])).toEqual(hostPaths)
  })
})

test('a missing root does not keep the Pod from starting, a missing cache folder is made', () => {
  const volumes = template('agent').volumes ?? []
  expect(volumes.find((one) => one.name === 'root-0')?.hostPath).toEqual({ path: '/opt/patches' })
  expect(volumes.find((one) => one.name === 'cache')?.hostPath?.type).toBe('DirectoryOrCreate')
  expect(template('seeder').volumes?.find((one) => one.name === 'cache')).toEqual({
    name: 'cache',
    emptyDir: {},
  })
})

test('the seeder alone sees the import folder, read-only, and runs where it is', () => {
  const importing = profile({ seeder: { import: { hostPath: '/srv/import', node: 'edge-7' } } })
  const { spec } = podTemplateFor(importing, 'seeder', settings)
  expect(spec.nodeSelector).toEqual({ 'kubernetes.io/hostname': 'edge-7' })
  expect(spec.volumes).toContainEqual({ name: 'import', hostPath: { path: '/srv/import' } })
  expect(spec.containers[0]?.volumeMounts).toContainEqual({
    name: 'import',
    mountPath: '/import',
    readOnly: true,
  })
  expect(spec.containers[0]?.env).toContainEqual({ name: 'PATCHSWARM_IMPORT_DIR', value: '/import' })
  expect(JSON.stringify(podTemplateFor(importing, 'agent', settings))).not.toContain('import')
})
