// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { describe, expect, test } from 'vitest'
import { formatBytes, formatRate, parseDuration, parseRate, parseSize, UnitError } from './units.ts'

describe('parseSize', () => {
  test.for([
    ['256MiB', 268_435_456],
    ['1.5 GiB', 1_610_612_736],
    ['100MB', 100_000_000],
    ['4096', 4096],
    ['1kib', 1024],
  ] as const)('reads %s', ([text, bytes]) => {
    expect(parseSize(text)).toBe(bytes)
  })
  test.for(['', 'MiB', '-1MiB', '0', '12 apples', '1e3'])(
    'refuses "%s" and shows how a size looks',
    (text) => {
      expect(() => parseSize(text)).toThrow(UnitError)
      expect(() => parseSize(text)).toThrow('a size such as 256MiB')
    },
  )
})

describe('parseRate', () => {
  test.for([
    ['50Mbit', 6_250_000],
    ['1gbit', 125_000_000],
    ['800kbit', 100_000],
    ['2.5Mbit', 312_500],
  ] as const)('reads %s as bytes a second', ([text, bytes]) => {
    expect(parseRate(text)).toBe(bytes)
  })
  test.for(['50', '50MB', 'fast', '0Mbit', '-1Mbit'])('refuses "%s", for a rate is in bits', (text) => {
    expect(() => parseRate(text)).toThrow('a rate such as 50Mbit')
  })
})

describe('parseDuration', () => {
  test.for([
    ['90s', 90_000],
    ['10m', 600_000],
    ['600', 600_000],
    ['250ms', 250],
  ] as const)('reads %s', ([text, ms]) => {
    expect(parseDuration(text)).toBe(ms)
  })
})

test.for([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [125_829_120, '120.0 MiB'],
  [5 * 2 ** 40, '5.0 TiB'],
] as const)('formatBytes(%d) is %s', ([bytes, text]) => {
  expect(formatBytes(bytes)).toBe(text)
})

test.for([
  [12_500_000, '100 Mbit/s'],
  [125_000_000, '1 Gbit/s'],
  [1000, '8 kbit/s'],
] as const)('formatRate(%d) is %s', ([bytes, text]) => {
  expect(formatRate(bytes)).toBe(text)
})
