// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { findCondition } from '@patchswarm/api'
import { expect, test } from 'vitest'
import { decide, delivered, failed } from '../testing/job-plans.ts'
import { job, node, rollout, row } from '../testing/objects.ts'

test('a job says which of the nodes that it names are none of the profile', () => {
  const nodeNames = ['n1', 'n2', 'typo']
  const named = job({ target: { nodeNames } })
  const ended = decide({
    job: named,
    nodeDistributions: [row('n1', { state: 'Delivered' }), row('n2', failed)],
  })
  expect(findCondition(ended.status.conditions, 'Ready')?.message).toMatch(
    /^Failed on 1 of 2 nodes, delivered on 1, and not on typo of spec.target.nodeNames \(not in P2PProfile default, or/,
  )
  const all = decide({
    job: named,
    nodeDistributions: nodeNames.map((name) => row(name, { state: 'Delivered' })),
  })
  expect(findCondition(all.status.conditions, 'Ready')?.message).toBe('Delivered on 3 of 3 nodes.')
})

test('a job says which of its waves no node is in', () => {
  const ring = (name: string, label: string) => ({
    name,
    selector: { matchLabels: { ring: label } },
    soakSeconds: 0,
  })
  const given = {
    job: job({
      rollout: rollout({ waves: [ring('canary', 'misspelt'), ring('all', '1'), ring('again', '1')] }),
    }),
    nodes: ['n1', 'n2'].map((name) => node(name, { ring: '1' })),
  }
  const says = ({ status }: ReturnType<typeof decide>) => findCondition(status.conditions, 'Ready')?.message
  const started = decide(given)
  expect(says(started)).toBe(
    '0 %: 0 of 2 nodes done, 2 active, no node has the labels of wave canary. Wave all: 0 of 2 done.',
  )
  const nodeDistributions = started.create.map((one) => ({ ...one, status: delivered }))
  expect(says(decide({ ...given, nodeDistributions }))).toBe(
    'Delivered on 2 of 2 nodes, no node has the labels of wave canary.',
  )
})
