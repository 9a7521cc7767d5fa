// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'
import { apiVersion, labels, type P2PProfile, type Role, workloadName } from '@patchswarm/api'
import type { EqualitySelector, KubeObject, ObjectMeta, Service, ServiceAccount } from '@patchswarm/kube'
import { isSubset } from '../merge-patch.ts'
import type { Settings } from './settings.ts'

/** Annotation with a hash of what was applied, so that a field that is no longer wanted is noticed as well. */
const hashAnnotation = 'patchswarm.dev/applied-hash'

export const selectorOf = (profile: P2PProfile, role: Role): EqualitySelector => ({
  matchLabels: { [labels.profile]: profile.metadata.name, [labels.role]: role },
})

/** Metadata of everything that belongs to a profile; the owner reference lets it go with the profile in any case. */
export function childMeta(profile: P2PProfile, role: Role, settings: Settings): ObjectMeta {
  return {
    name: workloadName(profile.metadata.name, role),
    namespace: settings.namespace,
    labels: { 'app.kubernetes.io/name': `patchswarm-${role}`, ...selectorOf(profile, role).matchLabels },
    ownerReferences: [
      {
        apiVersion,
        kind: 'P2PProfile',
        name: profile.metadata.name,
        uid: profile.metadata.uid ?? '',
        controller: true,
      },
    ],
  }
}

/** Holds no permission at all: it is there so that a Pod's token names profile and role. */
export const serviceAccountFor = (profile: P2PProfile, role: Role, settings: Settings): ServiceAccount => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: childMeta(profile, role, settings),
  automountServiceAccountToken: false,
})

/** Headless: the DNS name that the StatefulSet asks for. */
export const seederServiceFor = (profile: P2PProfile, settings: Settings): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: childMeta(profile, 'seeder', settings),
  spec: {
    clusterIP: 'None',
    publishNotReadyAddresses: true,
    selector: selectorOf(profile, 'seeder').matchLabels,
    ports: [
      { name: 'swarm', port: profile.spec.transport.port, targetPort: 'swarm', protocol: 'TCP' },
      { name: 'admin', port: profile.spec.admin.port, targetPort: 'admin', protocol: 'TCP' },
    ],
  },
})

/** The object as it is applied: with the hash of itself. */
export function sealed<T extends KubeObject>(object: T): T {
  const hash = createHash('sha256').update(JSON.stringify(object)).digest('hex').slice(0, 16)
  const annotations = { ...object.metadata.annotations, [hashAnnotation]: hash }
  return { ...object, metadata: { ...object.metadata, annotations } }
}

/** Whether what is there is what was asked for: nothing to apply. */
export const isApplied = (desired: KubeObject, present: KubeObject | undefined): boolean =>
  present !== undefined &&
  !present.metadata.deletionTimestamp &&
  isSubset(desired, { ...desired, ...present })
