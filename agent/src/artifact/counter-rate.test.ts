// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { CounterRate } from './counter-rate.ts'

test('a rate is what the counter grew by over the last five seconds', () => {
  const meter = new CounterRate()
  const rates = [0, 1, 2, 3, 4, 5, 6, 7].map((second) =>
    meter.sample(second < 5 ? second * 1000 : 4000, second * 1000),
  )
  expect(rates).toEqual([0, 1000, 1000, 1000, 1000, 800, 600, 400])
})

test('a counter that begins again is no negative rate', () => {
  const meter = new CounterRate()
  meter.sample(5000, 0)
  expect(meter.sample(0, 1000)).toBe(0)
})
