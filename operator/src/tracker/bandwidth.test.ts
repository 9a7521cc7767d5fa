// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { profile } from '../testing/objects.ts'
import { bandwidthOf } from './bandwidth.ts'

test('a profile without limits says none', () => {
  expect(bandwidthOf(profile())).toEqual({ rates: {}, windows: [], yield: false })
})

test('limits and windows are told in bytes a second, with 0 for none', () => {
  const hours = { start: '08:00', end: '18:00', timeZone: 'Europe/Berlin' }
  const bandwidth = bandwidthOf(
    profile({
      bandwidth: {
        upload: '100Mbit',
        origin: '800kbit',
        yield: true,
        windows: [
          { ...hours, days: ['Sat', 'Sun'], upload: 'Unlimited', download: '1Gbit' },
          { ...hours, origin: '8Mbit' },
        ],
      },
    }),
  )
  expect(bandwidth).toEqual({
    rates: { upload: 12_500_000, origin: 100_000 },
    yield: true,
    windows: [
      { ...hours, days: ['Sat', 'Sun'], rates: { upload: 0, download: 125_000_000 } },
      { ...hours, days: [], rates: { origin: 1_000_000 } },
    ],
  })
})

test('of the rate of the origin each of several readers is told its share, in every window', () => {
  const hours = { start: '08:00', end: '18:00', timeZone: 'UTC' }
  const windows = [
    { ...hours, origin: 'Unlimited' },
    { ...hours, origin: '16Mbit', upload: '8Mbit' },
  ]
  const { rates, windows: shared } = bandwidthOf(
    profile({ bandwidth: { origin: '8Mbit', windows, yield: false } }),
    4,
  )
  expect(rates).toEqual({ origin: 250_000 })
  expect(shared?.map((one) => one.rates)).toEqual([{ origin: 0 }, { origin: 500_000, upload: 1_000_000 }])
})
