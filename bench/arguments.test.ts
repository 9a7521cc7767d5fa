// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { duration, names, rate, readArguments, size, UsageError, whole } from './arguments.ts'

test('options that there are not, and options without their value, are refused', () => {
  const options = { size: { type: 'string', default: '1MiB' } } as const
  expect(readArguments([], options).size).toBe('1MiB')
  expect(() => readArguments(['--sise', '1MiB'], options)).toThrow(UsageError)
  expect(() => readArguments(['--size'], options)).toThrow(UsageError)
})

describe('values', () => {
  test('are read in their units', () => {
    expect(whole('--runs', '3', 1, 10)).toBe(3)
    expect(size('--size', '1MiB')).toBe(2 ** 20)
    expect(rate('--link-rate', '8Mbit')).toBe(1e6)
    expect(duration('--timeout', '2m')).toBe(120_000)
    expect(names('--scenes', 'b,a', ['a', 'b', 'c'])).toEqual(['b', 'a'])
  })

  test.for([
    [
      'half a run',
      () => whole('--runs', '0.5', 1, 10),
      '--runs takes a whole number from 1 to 10, not "0.5"',
    ],
    ['too few', () => whole('--runs', '0', 1, 10), '--runs takes'],
    ['too many', () => whole('--runs', '11', 1, 10), '--runs takes'],
    ['a size without a number', () => size('--size', 'MiB'), '--size: "MiB" is not a size'],
    ['a rate without its unit', () => rate('--link-rate', '5'), '--link-rate: "5" is not a rate'],
    ['an unknown name', () => names('--scenes', 'a,x', ['a', 'b']), '--scenes: "x" is none of a, b'],
    ['no name', () => names('--scenes', ',', ['a', 'b']), '--scenes takes some of a, b'],
  ] as const)('are refused with what to write instead: %s', ([, read, message]) => {
    expect(read).toThrow(new UsageError(message).message)
    expect(read).toThrow(UsageError)
  })
})
