// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { Conduct } from './conduct.ts'

const tenMinutes = 600_000

test('one strike is remembered, the second puts the peer into quarantine', () => {
  const conduct = new Conduct()
  expect(conduct.strike('a', 0)).toEqual({ strikes: 1, quarantined: false })
  expect(conduct.isQuarantined('a', 0)).toBe(false)
  expect(conduct.strike('a', 5)).toEqual({ strikes: 2, quarantined: true })
  expect(conduct.isQuarantined('a', 5)).toBe(true)
  expect(conduct.isQuarantined('b', 5)).toBe(false)
})

test('quarantine ends after ten minutes, and the peer begins anew', () => {
  const conduct = new Conduct()
  conduct.strike('a', 0)
  conduct.strike('a', 0)
  expect(conduct.isQuarantined('a', tenMinutes - 1)).toBe(true)
  expect(conduct.isQuarantined('a', tenMinutes)).toBe(false)
  expect(conduct.strike('a', tenMinutes)).toEqual({ strikes: 1, quarantined: false })
})

test('counts all strikes and quarantines, and the peers that are in quarantine now', () => {
  const conduct = new Conduct()
  for (const peer of ['a', 'a', 'b', 'c', 'c']) conduct.strike(peer, 0)
  expect(conduct.counts(1)).toEqual({ strikes: 5, quarantines: 2, quarantined: 2 })
  expect(conduct.counts(tenMinutes)).toEqual({ strikes: 5, quarantines: 2, quarantined: 0 })
})
