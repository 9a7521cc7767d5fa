// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { createOriginLedger, type ReaderCount } from './origin-ledger.ts'

const reader = (peerId: string, bytesRead: number, site?: string) => ({ peerId, bytesRead, site })

function ledgerOf(counted: Record<string, number> = {}) {
  const ledger = createOriginLedger()
  const sites = new Map(Object.entries(counted))
  const count = (known: number, readers: readonly ReaderCount[]) =>
    ledger.count('a', { total: known, sites }, readers)
  return {
    total: (known: number, readers: readonly ReaderCount[]) => count(known, readers).total,
    bySite: (known: number, readers: readonly ReaderCount[]) =>
      Object.fromEntries(count(known, readers).sites),
  }
}

test('a seeder that reads on adds what is new', () => {
  const ledger = ledgerOf()
  expect(ledger.total(0, [reader('s1', 10)])).toBe(10)
  expect(ledger.total(10, [reader('s1', 25)])).toBe(25)
})

test('what a lost seeder has read still counts when another begins again', () => {
  const ledger = ledgerOf()
  ledger.total(0, [reader('s1', 60)])
  expect(ledger.total(60, [])).toBe(60)
  expect(ledger.total(60, [reader('s2', 0)])).toBe(60)
  expect(ledger.total(60, [reader('s2', 100)])).toBe(160)
})

test('a new leader does not count the same seeder twice', () => {
  const ledger = ledgerOf()
  expect(ledger.total(60, [])).toBe(60)
  expect(ledger.total(60, [reader('s1', 60)])).toBe(60)
  expect(ledger.total(60, [reader('s1', 70)])).toBe(70)
})

test('the total never shrinks', () => {
  const ledger = ledgerOf()
  ledger.total(0, [reader('s1', 60)])
  expect(ledger.total(60, [reader('s1', 10)])).toBe(60)
})

test('a seeder that was killed and has forgotten its last bytes counts on from what it remembers', () => {
  const ledger = ledgerOf()
  ledger.total(0, [reader('s1', 60)])
  expect(ledger.total(60, [reader('s1', 55)])).toBe(60)
  expect(ledger.total(60, [reader('s1', 65)])).toBe(70)
})

test('a seeder that has started and not looked at its disk yet does not count anew', () => {
  const ledger = ledgerOf()
  ledger.total(0, [reader('s1', 60)])
  ledger.total(60, [reader('s1', 0)])
  expect(ledger.total(60, [reader('s1', 65)])).toBe(65)
})

test('a new leader hears of several readers one after the other, and counts none twice', () => {
  const ledger = ledgerOf()
  expect(ledger.total(100, [reader('s1', 60)])).toBe(100)
  expect(ledger.total(100, [reader('s1', 60), reader('n1', 40)])).toBe(100)
  expect(ledger.total(100, [reader('s1', 60), reader('n1', 45), reader('n2', 7)])).toBe(112)
})

test('what agents read for their site counts for it too', () => {
  const ledger = ledgerOf()
  expect(ledger.bySite(0, [reader('n1', 40, 'x'), reader('n2', 7, 'y'), reader('s1', 5)])).toEqual({
    x: 40,
    y: 7,
  })
  // A node that goes to another site takes along nothing that it has read before.
  expect(ledger.bySite(52, [reader('n1', 45, 'y')])).toEqual({ x: 40, y: 12 })
  expect(ledger.total(52, [])).toBe(57)
})

test('a new leader counts nothing twice for a site', () => {
  const ledger = ledgerOf({ x: 40, y: 7 })
  expect(ledger.bySite(47, [reader('n1', 45, 'x')])).toEqual({ x: 45, y: 7 })
})
