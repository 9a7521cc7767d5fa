// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { createOriginLedger } from './origin-ledger.ts'

const reader = (peerId: string, bytesRead: number) => ({ peerId, bytesRead })

test('a seeder that reads on adds what is new', () => {
  const ledger = createOriginLedger()
  expect(ledger.total('a', 0, [reader('s1', 10)])).toBe(10)
  expect(ledger.total('a', 10, [reader('s1', 25)])).toBe(25)
})

test('what a lost seeder has read still counts when another begins again', () => {
  const ledger = createOriginLedger()
  ledger.total('a', 0, [reader('s1', 60)])
  expect(ledger.total('a', 60, [])).toBe(60)
  expect(ledger.total('a', 60, [reader('s2', 0)])).toBe(60)
  expect(ledger.total('a', 60, [reader('s2', 100)])).toBe(160)
})

test('a new leader does not count the same seeder twice', () => {
  const ledger = createOriginLedger()
  expect(ledger.total('a', 60, [])).toBe(60)
  expect(ledger.total('a', 60, [reader('s1', 60)])).toBe(60)
  expect(ledger.total('a', 60, [reader('s1', 70)])).toBe(70)
})

test('the total never shrinks', () => {
  const ledger = createOriginLedger()
  ledger.total('a', 0, [reader('s1', 60)])
  expect(ledger.total('a', 60, [reader('s1', 10)])).toBe(60)
})

test('a seeder that was killed and has forgotten its last bytes counts on from what it remembers', () => {
  const ledger = createOriginLedger()
  ledger.total('a', 0, [reader('s1', 60)])
  expect(ledger.total('a', 60, [reader('s1', 55)])).toBe(60)
  expect(ledger.total('a', 60, [reader('s1', 65)])).toBe(70)
})

test('a seeder that has started and not looked at its disk yet does not count anew', () => {
  const ledger = createOriginLedger()
  ledger.total('a', 0, [reader('s1', 60)])
  ledger.total('a', 60, [reader('s1', 0)])
  expect(ledger.total('a', 60, [reader('s1', 65)])).toBe(65)
})

test('a new leader hears of several readers one after the other, and counts none twice', () => {
  const ledger = createOriginLedger()
  expect(ledger.total('a', 100, [reader('s1', 60)])).toBe(100)
  expect(ledger.total('a', 100, [reader('s1', 60), reader('n1', 40)])).toBe(100)
  expect(ledger.total('a', 100, [reader('s1', 60), reader('n1', 45), reader('n2', 7)])).toBe(112)
})
