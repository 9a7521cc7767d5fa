// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { operatorNamespace } from '@patchswarm/api'
import { type KubeObject, NAMESPACE, type Resource } from '@patchswarm/kube'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { readPermissions } from '../../lab/src/cluster/installation.ts'
import { applyManifests } from '../../lab/src/cluster/manifests.ts'
import { connect } from './support/cluster.ts'

const client = connect()

const rbac = (kind: string, plural: string, namespaced: boolean): Resource<KubeObject> => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind,
  plural,
  namespaced,
})
interface Access {
  verb: string
  group?: string
  resource: string
  subresource?: string
  namespace?: string
  name?: string
}

/** What the API server's authoriser says about a user. */
async function isAllowed(user: string, resourceAttributes: Access): Promise<boolean> {
  const review = await client.request<{ status: { allowed: boolean } }>(
    'POST',
    '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user, groups: ['system:serviceaccounts', 'system:authenticated'], resourceAttributes },
    },
  )
  return review.status.allowed
}

beforeAll(async () => {
  await applyManifests(client, await readPermissions())
})

const group = 'patchswarm.dev'
const own = operatorNamespace
const access = (a: Access) =>
  `${a.verb} ${[a.resource, a.subresource].filter(Boolean).join('/')}${a.name ? ` "${a.name}"` : ''} in ${a.namespace ?? 'the cluster'}`
const named = (list: Access[]) => list.map((attributes) => ({ name: access(attributes), attributes }))

describe('the operator may', () => {
  test.for(
    named([
      { group, resource: 'p2pprofiles', verb: 'patch' },
      ...['p2pprofiles', 'patchartifacts', 'distributionjobs'].flatMap((resource) => [
        { group, resource, verb: 'watch' },
        { group, resource, subresource: 'status', verb: 'patch' },
      ]),
      { group, resource: 'distributionjobs', verb: 'delete', namespace: 'team-a' },
      { group, resource: 'nodedistributions', verb: 'create', namespace: 'team-a' },
      { group, resource: 'nodedistributions', subresource: 'status', verb: 'patch', namespace: 'team-a' },
      { resource: 'nodes', verb: 'watch' },
      { resource: 'namespaces', verb: 'watch' },
      { group: 'networking.k8s.io', resource: 'servicecidrs', verb: 'list' },
      { resource: 'events', verb: 'create', namespace: 'team-a' },
      { group: 'authentication.k8s.io', resource: 'tokenreviews', verb: 'create' },
      { group: 'apps', resource: 'daemonsets', verb: 'patch', namespace: own },
      { group: 'apps', resource: 'statefulsets', verb: 'delete', namespace: own },
      { resource: 'services', verb: 'create', namespace: own },
      { resource: 'serviceaccounts', verb: 'create', namespace: own },
      { resource: 'pods', verb: 'get', namespace: own },
      { resource: 'pods', verb: 'watch', namespace: own },
      { resource: 'configmaps', verb: 'watch', name: 'patchswarm-revoked-nodes', namespace: own },
      { resource: 'configmaps', verb: 'patch', name: 'patchswarm-revoked-nodes', namespace: own },
      { resource: 'secrets', verb: 'get', name: 'patchswarm-operator-key', namespace: own },
      { resource: 'secrets', verb: 'create', namespace: own },
      {
        group: 'coordination.k8s.io',
        resource: 'leases',
        verb: 'update',
        name: 'patchswarm-operator',
        namespace: own,
      },
    ]),
  )('$name', async ({ attributes }) => {
    expect(await isAllowed(`system:serviceaccount:${own}:patchswarm-operator`, attributes)).toBe(true)
  })
})

describe('the operator may not', () => {
  test.for(
    named([
      { resource: 'secrets', verb: 'get', name: 'another', namespace: own },
      { resource: 'secrets', verb: 'list', namespace: own },
      { resource: 'secrets', verb: 'get', name: 'mirror-login', namespace: 'team-a' },
      { resource: 'secrets', verb: 'get', name: 'patchswarm-operator-key', namespace: 'team-a' },
      { resource: 'configmaps', verb: 'get', name: 'another', namespace: own },
      { resource: 'configmaps', verb: 'list', namespace: own },
      { resource: 'pods', verb: 'create', namespace: own },
      { resource: 'pods', subresource: 'exec', verb: 'create', namespace: own },
      { resource: 'pods', verb: 'list', namespace: 'team-a' },
      { resource: 'nodes', verb: 'patch' },
      { resource: 'serviceaccounts', subresource: 'token', verb: 'create', namespace: own },
      { group: 'apps', resource: 'daemonsets', verb: 'create', namespace: 'team-a' },
      { group, resource: 'distributionjobs', verb: 'create', namespace: 'team-a' },
      { group, resource: 'patchartifacts', verb: 'delete', namespace: 'team-a' },
      { group, resource: 'patchartifacts', verb: 'patch', namespace: 'team-a' },
      { group, resource: 'nodedistributions', verb: 'patch', namespace: 'team-a' },
      { group: 'rbac.authorization.k8s.io', resource: 'roles', verb: 'create', namespace: own },
    ]),
  )('$name', async ({ attributes }) => {
    expect(await isAllowed(`system:serviceaccount:${own}:patchswarm-operator`, attributes)).toBe(false)
  })
})

test('a namespace may let the operator read one Secret for its sources', async () => {
  const operator = `system:serviceaccount:${own}:patchswarm-operator`
  const namespace = 'team-login'
  const login = { resource: 'secrets', verb: 'get', namespace, name: 'login' }
  expect(await isAllowed(operator, login)).toBe(false)
  await client.for(NAMESPACE).create({ metadata: { name: namespace } })
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'login', namespace },
  }
  const rules = [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['login'], verbs: ['get'] }]
  await client.for(rbac('Role', 'roles', true)).apply({ ...role, rules } as KubeObject)
  const subjects = [{ kind: 'ServiceAccount', name: 'patchswarm-operator', namespace: own }]
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'login' }
  const binding = { ...role, kind: 'RoleBinding', roleRef, subjects } as KubeObject
  await client.for(rbac('RoleBinding', 'rolebindings', true)).apply(binding)
  await vi.waitFor(async () => expect(await isAllowed(operator, login)).toBe(true), 10_000)
  expect(await isAllowed(operator, { ...login, name: 'another' })).toBe(false)
  expect(await isAllowed(operator, { ...login, verb: 'list' })).toBe(false)
})

test('no role of Patchswarm adds to what editors and administrators of a namespace may do', async () => {
  const roles = (await readPermissions()).filter(({ kind }) => kind === 'ClusterRole')
  expect(roles.length).toBeGreaterThan(0)
  expect(JSON.stringify(roles)).not.toContain('rbac.authorization.k8s.io/aggregate-to-')
})

test('an agent may nothing, not even read what it works for', async () => {
  const agent = `system:serviceaccount:${own}:patchswarm-default-agent`
  for (const resource of ['p2pprofiles', 'patchartifacts', 'distributionjobs', 'nodedistributions']) {
    expect(await isAllowed(agent, { group, resource, verb: 'get', namespace: own })).toBe(false)
  }
  expect(await isAllowed(agent, { resource: 'nodes', verb: 'get' })).toBe(false)
})
