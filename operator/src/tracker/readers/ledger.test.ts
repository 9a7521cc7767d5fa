// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { type Asked, RangeLedger } from './ledger.ts'

const span = (start: number, end: number) => ({ start, end })
const all = [span(0, 100)]

/** A file of a hundred bytes, asked for by reader a, of which nobody has anything. */
const asked = (over: Partial<Asked> = {}): Asked => ({
  peerId: 'a',
  reading: [],
  others: [],
  absent: all,
  saidAt: 0,
  budgetLeft: 1000,
  isReader: () => true,
  now: 0,
  ...over,
})

/** Reader a reads the first ten bytes, b the next ten. */
function twoAtWork(): RangeLedger {
  const ledger = new RangeLedger()
  ledger.give('a', span(0, 10), 0)
  ledger.give('b', span(10, 20), 0)
  return ledger
}

const both = { reading: [span(0, 10)], others: [{ peerId: 'b', reading: [span(10, 20)] }] }

describe('what is free to be read', () => {
  test('is all of it at first', () => {
    expect(new RangeLedger().next(asked())).toEqual({ span: span(0, 100), left: 100 })
  })

  test('is not what somebody reads', () => {
    expect(twoAtWork().next(asked(both))).toEqual({ span: span(20, 100), left: 80 })
  })

  test('is not what the swarm has', () => {
    const absent = [span(20, 30), span(50, 60)]
    expect(twoAtWork().next(asked({ ...both, absent }))).toEqual({ span: span(20, 30), left: 20 })
  })

  test('is nothing when others are at all that is left', () => {
    const absent = [span(0, 20)]
    expect(twoAtWork().next(asked({ ...both, absent }))).toEqual({ span: undefined, left: 0 })
  })

  test('is what a reader leaves that has gone', () => {
    const ledger = twoAtWork()
    const isReader = (peerId: string) => peerId === 'a'
    expect(ledger.next(asked({ ...both, isReader })).span).toEqual(span(10, 100))
  })

  test('is not what was read just now and is on its way', () => {
    const ledger = twoAtWork()
    expect(ledger.next(asked({ ...both, reading: [], now: 1000, saidAt: 900 })).span).toEqual(span(20, 100))
    expect(ledger.next(asked({ ...both, reading: [], now: 5900, saidAt: 5800 })).span).toEqual(span(20, 100))
  })

  test('is what was read a while ago and has come to nobody', () => {
    const ledger = twoAtWork()
    ledger.next(asked({ ...both, reading: [], now: 1000 }))
    const much = asked({ ...both, reading: [], now: 7000, saidAt: 6500 })
    expect(ledger.next(much).span).toEqual(span(0, 10))
  })

  test('is not what its reader names again, which had asked twice before it had an answer', () => {
    const ledger = new RangeLedger()
    ledger.give('a', span(0, 10), 0)
    ledger.next(asked({ reading: [], now: 10 }))
    ledger.next(asked({ reading: [span(0, 10)], now: 20 }))
    expect(ledger.next(asked({ peerId: 'b', now: 7000, saidAt: 6500 })).span).toEqual(span(10, 100))
  })

  test('is not what another leader has given, as its readers say', () => {
    const others = [{ peerId: 'b', reading: [span(30, 60)] }]
    const after = asked({ reading: [span(0, 30)], others })
    expect(new RangeLedger().next(after)).toEqual({ span: span(60, 100), left: 40 })
  })
})

describe('a reader that is slow', () => {
  /** Reader a is done after a second and goes on; b is asked about at `now`. */
  function afterOneIsDone(now: number, budgetLeft = 1000) {
    const ledger = twoAtWork()
    const absent = [span(10, 100)]
    ledger.next(asked({ ...both, reading: [], absent, saidAt: 1000, now: 1000 }))
    ledger.give('a', span(20, 30), 1000)
    return ledger.next(asked({ ...both, reading: [span(20, 30)], absent, saidAt: now, now, budgetLeft }))
  }

  test('has its time', () => {
    expect(afterOneIsDone(7900)).toEqual({ span: span(30, 100), left: 70 })
  })

  test('loses what it reads when others took much less', () => {
    expect(afterOneIsDone(8100)).toEqual({ span: span(10, 20), left: 80, slow: 'b' })
  })

  test('keeps it when the budget cannot pay for it again', () => {
    expect(afterOneIsDone(8100, 79)).toEqual({ span: span(30, 100), left: 70 })
    expect(afterOneIsDone(8100, 80).slow).toBe('b')
  })

  test('keeps it when nobody gets on: it is the origin', () => {
    const later = asked({ ...both, now: 600_000, saidAt: 600_000 })
    expect(twoAtWork().next(later).span).toEqual(span(20, 100))
  })
})
