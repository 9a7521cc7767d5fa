// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareVersions } from './resource-version.ts'

test('versions compare as whole numbers of any length', () => {
  const version = fc.bigInt({ min: 0n, max: 2n ** 80n })
  fc.assert(
    fc.property(version, version, (a, b) => {
      expect(Math.sign(compareVersions(String(a), String(b)))).toBe(a < b ? -1 : a > b ? 1 : 0)
    }),
  )
})

test('no version is older than any', () => {
  expect(compareVersions(undefined, '1')).toBeLessThan(0)
  expect(compareVersions(undefined, undefined)).toBe(0)
})
