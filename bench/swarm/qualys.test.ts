// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { goalsOf, renderTimes } from './qualys.ts'

test('the table shows how much faster peers are than the CDN, here and as published', () => {
  const [, cdn, one, several] = renderTimes({ cdn: 50, onePeer: 5, severalPeers: 1.25 })
  expect(cdn).toMatch(/50\.00 +1\.0× +5498 +1\.0×$/)
  expect(one).toMatch(/5\.00 +10\.0× +537 +10\.2×$/)
  expect(several).toMatch(/1\.25 +40\.0× +213 +25\.8×$/)
})

test('peers must be as many times faster than the CDN as published', () => {
  const goals = goalsOf({ cdn: 50, onePeer: 5, severalPeers: 1.25 })
  expect(goals.map(({ wanted, found, met }) => [wanted, found, met])).toEqual([
    ['≥ 10.2×', '10.0×', false],
    ['≥ 25.8×', '40.0×', true],
  ])
})
