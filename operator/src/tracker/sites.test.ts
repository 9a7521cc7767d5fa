// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { node, profile } from '../testing/objects.ts'
import { sited, siteOf } from './sites.ts'

const zone = 'topology.kubernetes.io/zone'

test.for([
  { name: 'the value of the label', label: 'store', labels: { store: '17', [zone]: 'a' }, site: '17' },
  { name: 'the one of all nodes without the label', label: 'store', labels: { [zone]: 'a' }, site: '' },
  { name: 'one for all where no label is named', label: '', labels: { store: '17', '': 'x' }, site: '' },
])('a site is $name', ({ label, labels, site }) => {
  expect(siteOf(profile({ siteLabel: label }), node('n', labels))).toBe(site)
})

test('clients are where their node is now; one whose Node is gone stays where it was', () => {
  const client = (name: string) => ({
    peerId: name,
    addresses: [],
    identity: { node: name, profile: 'default', role: 'agent' as const, site: 'old', podUid: name },
  })
  const there = node('a', { store: 'new' })
  const now = sited([client('a'), client('b')], profile({ siteLabel: 'store' }), (name) =>
    name === 'a' ? there : undefined,
  )
  expect(now.map(({ identity }) => identity.site)).toEqual(['new', 'old'])
})
