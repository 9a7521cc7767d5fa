// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { parseQuantity } from './quantity.ts'

test.for([
  ['0', 0],
  ['4096', 4096],
  ['1k', 1000],
  ['1Ki', 1024],
  ['1.5Gi', 1_610_612_736],
  ['20G', 20_000_000_000],
  ['2Ti', 2_199_023_255_552],
  ['0.1', 1],
] as const)('%s is %i bytes', ([text, bytes]) => {
  expect(parseQuantity(text)).toBe(bytes)
})

test.for(['', '1 Gi', '-1', '1e3', '1KiB', '1m', 'many'])('"%s" is no size', (text) => {
  expect(() => parseQuantity(text)).toThrow(TypeError)
})
