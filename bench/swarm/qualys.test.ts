// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { renderTimes } from './qualys.ts'

test('the table shows how much faster peers are than the CDN, here and as published', () => {
  const [, cdn, one, several] = renderTimes({ cdn: 50, onePeer: 5, severalPeers: 1.25 })
  expect(cdn).toMatch(/50\.00 +1\.0× +5498 +1\.0×$/)
  expect(one).toMatch(/5\.00 +10\.0× +537 +10\.2×$/)
  expect(several).toMatch(/1\.25 +40\.0× +213 +25\.8×$/)
})
