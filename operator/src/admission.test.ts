// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { directoryAllowed, namespaceAllowed } from './admission.ts'
import { operatorNamespace, profile } from './testing/objects.ts'

const home = { name: operatorNamespace, labels: {} }
const team = { name: 'team-a', labels: { 'patchswarm.dev/use': 'yes' } }

test.for([
  {
    name: "without a selector the operator's own namespace",
    selector: undefined,
    namespace: home,
    allowed: true,
  },
  { name: 'without a selector no other', selector: undefined, namespace: team, allowed: false },
  { name: 'an empty selector admits all', selector: {}, namespace: team, allowed: true },
  {
    name: 'a selector admits what matches',
    selector: { matchLabels: { 'patchswarm.dev/use': 'yes' } },
    namespace: team,
    allowed: true,
  },
  {
    name: 'a selector refuses its own namespace too',
    selector: { matchLabels: { 'patchswarm.dev/use': 'yes' } },
    namespace: home,
    allowed: false,
  },
  { name: 'a namespace that is not there is refused', selector: {}, namespace: undefined, allowed: false },
])('$name', ({ selector, namespace, allowed }) => {
  const one = profile(selector ? { allowedNamespaces: selector } : {})
  expect(namespaceAllowed(one, namespace, operatorNamespace)).toBe(allowed)
})

const roots = [{ path: '/opt/patches' }, { path: '/srv/team-a', namespaces: ['team-a'] }]
test.for([
  ['default', '/opt/patches', true],
  ['default', '/opt/patches/base/deep', true],
  ['default', '/opt/patches2', false],
  ['default', '/opt', false],
  ['default', '/opt/patches/../../etc', false],
  ['default', '/srv/team-a', false],
  ['team-a', '/srv/team-a/x', true],
  ['team-a', '/opt/patches', true],
] as const)('a job in %s may write to %s: %s', ([namespace, directory, allowed]) => {
  expect(
    directoryAllowed(
      profile({ delivery: { allowedRoots: roots.map((one) => ({ ...one })) } }),
      namespace,
      directory,
    ),
  ).toBe(allowed)
})
