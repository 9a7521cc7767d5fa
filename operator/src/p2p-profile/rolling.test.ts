// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { labels } from '@patchswarm/api'
import type { DaemonSet, Pod } from '@patchswarm/kube'
import { expect, test } from 'vitest'
import { profile, settings } from '../testing/objects.ts'
import { running } from '../testing/profile-plans.ts'
import { agentsToRoll } from './rolling.ts'

const set = (generation: string): DaemonSet => {
  const { daemonSet } = running(profile(), 3, 3)
  if (!daemonSet) throw new Error('no DaemonSet')
  const annotations = { 'deprecated.daemonset.template.generation': generation }
  return { ...daemonSet, metadata: { ...daemonSet.metadata, annotations } }
}

const pod = (nodeName: string, generation: string, going = false): Pod => ({
  metadata: {
    name: `agent-${nodeName}-${generation}`,
    labels: { [labels.role]: 'agent', 'pod-template-generation': generation },
    ...(going ? { deletionTimestamp: '2026-11-21T12:00:00Z' } : {}),
  },
  spec: { containers: [], nodeName },
})

test.for<{ name: string; given: DaemonSet | undefined; image?: string; pods?: Pod[]; rolls: string[] }>([
  {
    name: 'where the Pod is of an older template, and not where it is new',
    given: set('2'),
    pods: [pod('n1', '2'), pod('n2', '1'), pod('away', '1')],
    rolls: ['n2'],
  },
  {
    name: 'where the Pod is going, or there is none now',
    given: set('2'),
    pods: [pod('n1', '2', true)],
    rolls: ['n1', 'n2'],
  },
  {
    name: "everywhere before the template has the operator's image",
    given: set('1'),
    image: 'patchswarm/agent:2',
    pods: [pod('n1', '1'), pod('n2', '1')],
    rolls: ['n1', 'n2'],
  },
  { name: 'everywhere before there is a DaemonSet', given: undefined, rolls: ['n1', 'n2'] },
])('agents are about to be replaced $name', ({ given, image = settings.agentImage, pods = [], rolls }) => {
  expect([...agentsToRoll(['n1', 'n2'], given, image, pods)]).toEqual(rolls)
})
