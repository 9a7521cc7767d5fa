// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { originAccess } from './origin-parts.ts'

const said = {
  $typeName: 'patchswarm.tracker.v1.OriginAccess' as const,
  allowedDomains: ['example.com'],
  clusterNetworks: ['10.96.0.0/12'],
  tlsMinVersion: '1.3',
}

test('what was last said of where origins may be holds until something else is: a node that is voted out may still read', () => {
  const before = originAccess(said)
  expect(originAccess(undefined, before)).toEqual(before)
  expect(originAccess({ ...said, tlsMinVersion: '1.2' }, before).tlsMinVersion).toBe('TLSv1.2')
})
