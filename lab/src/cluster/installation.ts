// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
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
  const everything = await readManifests(inRepository('deploy', 'install.yaml'))
  return everything.filter(({ kind }) => permissions.includes(kind))
}
