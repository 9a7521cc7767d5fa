// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { P2PProfile, Role } from '@patchswarm/api'
import type { DaemonSet, KubeObject, ObjectMeta, StatefulSet } from '@patchswarm/kube'
import { childMeta, sealed, seederServiceFor, selectorOf, serviceAccountFor } from './child.ts'
import { exclusionOf } from './exclusion.ts'
import { podTemplateFor } from './pod.ts'
import type { Settings } from './settings.ts'
import type { Rival } from './territory.ts'

/** How many keys of the operator the Pods pin: whoever changes its key waits for that. */
const pinnedKeysAnnotation = 'patchswarm.dev/pinned-keys'

/** Everything that stands for a profile in the cluster, in the order in which it is applied. */
export function childrenFor(
  profile: P2PProfile,
  settings: Settings,
  rivals: readonly Rival[] = [],
): KubeObject[] {
  return [
    serviceAccountFor(profile, 'agent', settings),
    serviceAccountFor(profile, 'seeder', settings),
    seederServiceFor(profile, settings),
    seederSetFor(profile, settings),
    agentSetFor(profile, settings, rivals),
  ].map(sealed)
}

function workloadMeta(profile: P2PProfile, role: Role, settings: Settings): ObjectMeta {
  const pinned = settings.trackerPeerId.split(',').length
  return { ...childMeta(profile, role, settings), annotations: { [pinnedKeysAnnotation]: String(pinned) } }
}

function agentSetFor(profile: P2PProfile, settings: Settings, rivals: readonly Rival[]): DaemonSet {
  const { metadata, spec } = podTemplateFor(profile, 'agent', settings)
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: workloadMeta(profile, 'agent', settings),
    spec: {
      selector: selectorOf(profile, 'agent'),
      template: { ...(metadata && { metadata }), spec: { ...spec, ...exclusionOf(profile, rivals) } },
      updateStrategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: profile.spec.updateStrategy.maxUnavailable },
      },
    },
  }
}

const seederSetFor = (profile: P2PProfile, settings: Settings): StatefulSet => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: workloadMeta(profile, 'seeder', settings),
  spec: {
    serviceName: childMeta(profile, 'seeder', settings).name,
    replicas: 1,
    selector: selectorOf(profile, 'seeder'),
    template: podTemplateFor(profile, 'seeder', settings),
    podManagementPolicy: 'Parallel',
    updateStrategy: { type: 'RollingUpdate' },
  },
})
