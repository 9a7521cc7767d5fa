// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { lookAgain, patienceMs, type StallClock, startClock, takeOverGraceMs } from './stall-clock.ts'

const able = { attempt: 1, done: 100, able: true }
const idle: StallClock = { ...able, idleMs: 5000, at: 1000 }

test.for([
  { name: 'goes on while nothing is done that could be', sight: able, is: 7000 },
  { name: 'begins anew with every byte', sight: { ...able, done: 101 }, is: 0 },
  { name: 'goes on when something was lost', sight: { ...able, done: 50 }, is: 7000 },
  { name: 'stands still while the node cannot go on', sight: { ...able, able: false }, is: 5000 },
  { name: 'begins anew with another try', sight: { ...able, attempt: 2, done: 0 }, is: 0 },
])('the clock $name', ({ sight, is }) => {
  expect(lookAgain(idle, sight, 3000).idleMs).toBe(is)
})

test('what was lost and came again is progress', () => {
  const lost = lookAgain(idle, { ...able, done: 50 }, 3000)
  expect(lookAgain(lost, { ...able, done: 51 }, 5000).idleMs).toBe(0)
})

test('the clock goes on only from the second look at which the node can', () => {
  const unable = lookAgain(idle, { ...able, able: false }, 2000)
  const again = lookAgain(unable, able, 4000)
  expect(again.idleMs).toBe(5000)
  expect(lookAgain(again, able, 5000).idleMs).toBe(6000)
})

test('an operator that slept for an hour, or whose clock was put back, holds it against nobody', () => {
  expect(lookAgain(idle, able, 3_601_000).idleMs).toBe(15_000)
  expect(lookAgain(idle, able, 0).idleMs).toBe(5000)
})

describe('after another leader', () => {
  test.for([
    { name: 'a row of before has the rest of the grace', inherited: true, now: 10_000, is: -50_000 },
    { name: 'after the grace it has none', inherited: true, now: 70_000, is: 0 },
    { name: 'a row that this leader made needs none', inherited: false, now: 10_000, is: 0 },
  ])('$name', ({ inherited, now, is }) => {
    expect(startClock(able, inherited, 60_000, now)).toEqual({ ...able, idleMs: is, at: now })
  })

  test.for([
    { reportIntervalMs: 2000, grace: 60_000 },
    { reportIntervalMs: 60_000, grace: 120_000 },
  ])(
    'agents that report every $reportIntervalMs ms have $grace ms to come',
    ({ reportIntervalMs, grace }) => {
      expect(takeOverGraceMs(reportIntervalMs)).toBe(grace)
    },
  )
})

test.for([
  { seconds: 600, reportIntervalMs: 2000, is: 600_000 },
  { seconds: 1, reportIntervalMs: 2000, is: 4000 },
])('$seconds s with reports every $reportIntervalMs ms are $is ms', ({ seconds, reportIntervalMs, is }) => {
  expect(patienceMs(seconds, reportIntervalMs)).toBe(is)
})
