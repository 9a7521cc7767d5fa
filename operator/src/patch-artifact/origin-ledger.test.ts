// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { createOriginLedger, MOST_READERS, type OriginTotals, type ReaderCount } from './origin-ledger.ts'

const reader = (peerId: string, bytesRead: number, site?: string) => ({ peerId, bytesRead, site })

const counted = (counts: Record<string, number>) => new Map(Object.entries(counts))

const nothing: OriginTotals = { total: 0, sites: new Map(), readers: new Map() }

/** One leader after the other: what each says is in the status when the next begins. */
function ledgerOf(known: OriginTotals = nothing) {
  let ledger = createOriginLedger()
  let said = known
  return {
    count(...readers: ReaderCount[]) {
      said = ledger.count('a', said, readers)
      return said.total
    },
    bySite: () => Object.fromEntries(said.sites),
    byReader: () => [...said.readers],
    newLeader() {
      ledger = createOriginLedger()
    },
  }
}

test('a seeder that reads on adds what is new', () => {
  const ledger = ledgerOf()
  expect(ledger.count(reader('s1', 10))).toBe(10)
  expect(ledger.count(reader('s1', 25))).toBe(25)
})

test('what a lost seeder has read still counts when another begins again', () => {
  const ledger = ledgerOf()
  ledger.count(reader('s1', 60))
  expect(ledger.count()).toBe(60)
  expect(ledger.count(reader('s2', 0))).toBe(60)
  expect(ledger.count(reader('s2', 100))).toBe(160)
})

test('also when the leader is another one by then', () => {
  const ledger = ledgerOf()
  ledger.count(reader('s1', 60))
  ledger.newLeader()
  expect(ledger.count(reader('s2', 40))).toBe(100)
  ledger.newLeader()
  expect(ledger.count(reader('s2', 45))).toBe(105)
})

test('one that says again and again that it has read all there can be leaves a sum that a status can hold', () => {
  const ledger = ledgerOf()
  for (const bytes of [1, Number.MAX_SAFE_INTEGER, 1, Number.MAX_SAFE_INTEGER])
    ledger.count(reader('a', bytes, 's'))
  expect(ledger.count()).toBe(Number.MAX_SAFE_INTEGER)
  expect(ledger.bySite()).toEqual({ s: Number.MAX_SAFE_INTEGER })
})

test('a new leader does not count the same seeder twice', () => {
  const ledger = ledgerOf()
  ledger.count(reader('s1', 60))
  ledger.newLeader()
  expect(ledger.count()).toBe(60)
  expect(ledger.count(reader('s1', 60))).toBe(60)
  expect(ledger.count(reader('s1', 70))).toBe(70)
})

test('the total never shrinks', () => {
  const ledger = ledgerOf()
  ledger.count(reader('s1', 60))
  expect(ledger.count(reader('s1', 10))).toBe(60)
})

test.for([false, true])(
  'a seeder that was killed and has forgotten its last bytes counts on from what it remembers; leader new: %s',
  (isLeaderNew) => {
    const ledger = ledgerOf()
    ledger.count(reader('s1', 60))
    expect(ledger.count(reader('s1', 55))).toBe(60)
    if (isLeaderNew) ledger.newLeader()
    expect(ledger.count(reader('s1', 65))).toBe(70)
  },
)

test('a seeder that has started and not looked at its disk yet does not count anew', () => {
  const ledger = ledgerOf()
  ledger.count(reader('s1', 60))
  ledger.count(reader('s1', 0))
  expect(ledger.count(reader('s1', 65))).toBe(65)
})

test('a new leader hears of several readers one after the other, and counts none twice', () => {
  const ledger = ledgerOf()
  ledger.count(reader('s1', 60), reader('n1', 40))
  ledger.newLeader()
  expect(ledger.count(reader('s1', 60))).toBe(100)
  expect(ledger.count(reader('s1', 60), reader('n1', 40))).toBe(100)
  expect(ledger.count(reader('s1', 60), reader('n1', 45), reader('n2', 7))).toBe(112)
})

test('what agents read for their site counts for it too', () => {
  const ledger = ledgerOf()
  ledger.count(reader('n1', 40, 'x'), reader('n2', 7, 'y'), reader('s1', 5))
  expect(ledger.bySite()).toEqual({ x: 40, y: 7 })
  ledger.newLeader()
  // A node that goes to another site takes along nothing that it has read before.
  expect(ledger.count(reader('n1', 45, 'y'))).toBe(57)
  expect(ledger.bySite()).toEqual({ x: 40, y: 12 })
})

test('of many readers those are named that read last, and a new leader counts none of the others twice', () => {
  const all = Array.from({ length: MOST_READERS + 1 }, (_, index) => reader(`n${index}`, 10))
  const ledger = ledgerOf()
  ledger.count(...all)
  expect(ledger.byReader().map(([peerId]) => peerId)).not.toContain('n0')
  expect(ledger.count(reader('n0', 11))).toBe(651)
  expect(ledger.byReader().at(-1)).toEqual(['n0', 11])
  expect(ledger.byReader()).toHaveLength(MOST_READERS)
  ledger.newLeader()
  expect(ledger.count(...all.map((one) => (one.peerId === 'n0' ? reader('n0', 11) : one)))).toBe(651)
  // What is left of the count was some reader's that is not named.
  expect(ledger.count(reader('late', 4))).toBe(655)
})

test('what is more than all of them have said belongs to nobody that comes later', () => {
  const ledger = ledgerOf({ total: 60, sites: counted({ x: 60 }), readers: counted({ n1: 50 }) })
  expect(ledger.count(reader('n2', 10, 'x'))).toBe(70)
  expect(ledger.bySite()).toEqual({ x: 70 })
})
