// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DaemonSet } from '@patchswarm/kube'
import { expect, test } from 'vitest'
import { profile, settings } from '../testing/objects.ts'
import { running } from '../testing/profile-plans.ts'
import { doAgentsRoll } from './rolling.ts'

const set = (status: DaemonSet['status'] = {}): DaemonSet => {
  const { daemonSet } = running(profile(), 3, 3)
  if (!daemonSet) throw new Error('no DaemonSet')
  return { ...daemonSet, status: { ...daemonSet.status, ...status } }
}

test.for<{ name: string; given: DaemonSet | undefined; image?: string; rolls: boolean }>([
  { name: 'when every Pod is of the newest template', given: set(), rolls: false },
  { name: 'while Pods are of an older one', given: set({ updatedNumberScheduled: 2 }), rolls: true },
  {
    name: 'while a change of the template was not seen',
    given: set({ observedGeneration: 0 }),
    rolls: true,
  },
  {
    name: "before the template has the operator's image",
    given: set(),
    image: 'patchswarm/agent:2',
    rolls: true,
  },
  { name: 'before there is one', given: undefined, rolls: true },
])('agents are being replaced $name: $rolls', ({ given, image = settings.agentImage, rolls }) => {
  expect(doAgentsRoll(given, image)).toBe(rolls)
})
