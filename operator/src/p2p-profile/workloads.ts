// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { P2PProfile } from '@patchswarm/api'
import type { DaemonSet, KubeObject, StatefulSet } from '@patchswarm/kube'
import { childMeta, sealed, seederServiceFor, selectorOf, serviceAccountFor } from './child.ts'
import { exclusionOf } from './exclusion.ts'
import { podTemplateFor } from './pod.ts'
import type { Settings } from './settings.ts'
import type { Rival } from './territory.ts'

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

function agentSetFor(profile: P2PProfile, settings: Settings, rivals: readonly Rival[]): DaemonSet {
  const { metadata, spec } = podTemplateFor(profile, 'agent', settings)
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: childMeta(profile, 'agent', settings),
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
  metadata: childMeta(profile, 'seeder', settings),
  spec: {
    serviceName: childMeta(profile, 'seeder', settings).name,
    replicas: 1,
    selector: selectorOf(profile, 'seeder'),
    template: podTemplateFor(profile, 'seeder', settings),
    podManagementPolicy: 'Parallel',
    updateStrategy: { type: 'RollingUpdate' },
  },
})
