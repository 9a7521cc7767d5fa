// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DaemonSet } from '@patchswarm/kube'
import { inRepository } from '../repository.ts'
import { type Manifest, readManifests } from './manifests.ts'

const permissions = [
  'Namespace',
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
]

/** What users install but for the operator's own Pods and Services: the kinds, and what the operator may do. */
export async function readInstallation(): Promise<Manifest[]> {
  return [...(await readManifests(inRepository('crds'))), ...(await readPermissions())]
}

/** The operator's namespace, its ServiceAccount and its roles, as the chart renders them. */
export async function readPermissions(): Promise<Manifest[]> {
  return (await readDeployed()).filter(({ kind }) => permissions.includes(kind))
}

/** The operator's environment as its Deployment has it, but for what differs between Pods. */
export async function readOperatorSettings(): Promise<Record<string, string>> {
  const deployment = (await readDeployed()).find(({ kind }) => kind === 'Deployment') as unknown as PodOwner
  const variables = deployment.spec.template.spec.containers.flatMap(({ env = [] }) => env)
  return Object.fromEntries(
    variables.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
  )
}

type PodOwner = Pick<DaemonSet, 'spec'>

const readDeployed = (): Promise<Manifest[]> => readManifests(inRepository('deploy', 'install.yaml'))
