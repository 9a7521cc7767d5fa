// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { InvalidRateError, parseRate } from './rate.ts'

test.for([
  ['500kbit', 62_500],
  ['100Mbit', 12_500_000],
  ['10Gbit', 1_250_000_000],
  ['Unlimited', Number.POSITIVE_INFINITY],
] as const)('%s is %d bytes a second', ([text, bytes]) => {
  expect(parseRate(text)).toBe(bytes)
})

test.for(['', '100', '0Mbit', '1.5Mbit', '100 Mbit', '100mbit', '12MiB', 'unlimited'])(
  '"%s" is no rate',
  (text) => {
    expect(() => parseRate(text)).toThrow(InvalidRateError)
  },
)
