// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { artifact } from '../testing/objects.ts'
import { accountOf, charged } from './site-account.ts'

const origin = { bytesGranted: 30, bytesRead: 9, sites: [{ site: 'b', bytesGranted: 20, bytesRead: 9 }] }
const grantedTo = (site: string | undefined, advance = 0) =>
  accountOf(artifact({}, { observedGeneration: 1, origin }), site, advance).status?.origin?.bytesGranted

test('a site is judged by what it was granted itself, and everybody by all where they read for all', () => {
  expect([grantedTo('b'), grantedTo('a'), grantedTo(undefined)]).toEqual([20, 0, 30])
  expect([grantedTo('b', 5), grantedTo(undefined, 5)]).toEqual([15, 25])
})

test('what a site is granted counts for it and in the sum', () => {
  expect(charged(origin, 'b', 5)).toEqual({
    bytesGranted: 35,
    sites: [{ site: 'b', bytesGranted: 25, bytesRead: 9 }],
  })
  expect(charged(origin, '', 5).sites?.map(({ site }) => site)).toEqual(['', 'b'])
  expect(charged(origin, undefined, 5)).toEqual({ bytesGranted: 35 })
})
