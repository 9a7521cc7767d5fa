// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { isWithin, nextChange, UnknownTimeZoneError, type WeeklyWindow } from './weekly-window.ts'

const window = (change: Partial<WeeklyWindow>): WeeklyWindow => ({
  days: [],
  start: '08:00',
  end: '18:00',
  timeZone: 'Etc/UTC',
  ...change,
})
const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri']
const berlin = { timeZone: 'Europe/Berlin' }

// 2026-03-27 is a Friday; clocks in Berlin go from 02:00 to 03:00 on 2026-03-29 and from 03:00 to 02:00 on 2026-10-25.
describe('a window holds', () => {
  test.for([
    ['from its first minute on', window({}), '2026-03-27T08:00:00Z', true],
    ['not in the minute before', window({}), '2026-03-27T07:59:59.999Z', false],
    ['not from its end on', window({}), '2026-03-27T18:00:00Z', false],
    ['on its days', window({ days: weekdays }), '2026-03-27T12:00:00Z', true],
    ['not on others', window({ days: weekdays }), '2026-03-28T12:00:00Z', false],
    ['by the clock of its zone, in winter', window(berlin), '2026-03-27T07:00:00Z', true],
    ['by the clock of its zone, in summer', window(berlin), '2026-03-30T06:00:00Z', true],
    [
      'by the day of its zone',
      window({ days: ['Sat'], timeZone: 'Pacific/Auckland' }),
      '2026-03-27T20:00:00Z',
      true,
    ],
    [
      'over midnight, before it',
      window({ days: ['Fri'], start: '22:00', end: '06:00' }),
      '2026-03-27T23:00:00Z',
      true,
    ],
    [
      'over midnight, after it, though the day is another',
      window({ days: ['Fri'], start: '22:00', end: '06:00' }),
      '2026-03-28T05:59:00Z',
      true,
    ],
    [
      'over midnight not into a day on which it did not begin',
      window({ days: ['Sat'], start: '22:00', end: '06:00' }),
      '2026-03-28T05:59:00Z',
      false,
    ],
    [
      'over midnight from Sunday to Monday',
      window({ days: ['Sun'], start: '22:00', end: '06:00' }),
      '2026-03-30T01:00:00Z',
      true,
    ],
    ['a whole day', window({ days: ['Fri'], start: '00:00', end: '24:00' }), '2026-03-27T23:59:59Z', true],
    [
      'a whole day and not the next',
      window({ days: ['Fri'], start: '00:00', end: '24:00' }),
      '2026-03-28T00:00:00Z',
      false,
    ],
    [
      'the first of two hours of the same name',
      window({ ...berlin, start: '02:00', end: '03:00' }),
      '2026-10-25T00:30:00Z',
      true,
    ],
    [
      'the second of two hours of the same name',
      window({ ...berlin, start: '02:00', end: '03:00' }),
      '2026-10-25T01:30:00Z',
      true,
    ],
    [
      'in a zone that is not whole hours away',
      window({ timeZone: 'Asia/Kathmandu' }),
      '2026-03-27T02:15:00Z',
      true,
    ],
  ] as const)('%s', ([, one, now, holds]) => {
    expect(isWithin(one, Date.parse(now))).toBe(holds)
  })
})

describe('the next change is', () => {
  test.for([
    ['the end of the one that holds', [window({})], '2026-03-27T12:00:30.500Z', '2026-03-27T18:00:00Z'],
    ['the start of the one that comes', [window({})], '2026-03-27T18:00:00Z', '2026-03-28T08:00:00Z'],
    ['over the weekend', [window({ days: weekdays })], '2026-03-27T18:00:00Z', '2026-03-30T08:00:00Z'],
    ['a week away', [window({ days: ['Fri'] })], '2026-03-27T18:00:00Z', '2026-04-03T08:00:00Z'],
    [
      'by the clock that is put forward in between',
      [window(berlin)],
      '2026-03-28T17:00:00Z',
      '2026-03-29T06:00:00Z',
    ],
    [
      'by the clock that is put back in between',
      [window(berlin)],
      '2026-10-24T16:00:00Z',
      '2026-10-25T07:00:00Z',
    ],
    [
      'on the day after when the hour is left out',
      [window({ ...berlin, start: '02:15', end: '02:45' })],
      '2026-03-28T12:00:00Z',
      '2026-03-30T00:15:00Z',
    ],
    [
      'two weeks away when the only hour of the week is left out',
      [window({ ...berlin, days: ['Sun'], start: '02:00', end: '03:00' })],
      '2026-03-22T02:30:00Z',
      '2026-04-05T00:00:00Z',
    ],
    [
      'where the clock jumps over the end',
      [window({ ...berlin, start: '01:00', end: '02:30' })],
      '2026-03-29T00:30:00Z',
      '2026-03-29T01:00:00Z',
    ],
    [
      'of the first of several',
      [window({}), window({ start: '13:00', end: '14:00' })],
      '2026-03-27T12:00:00Z',
      '2026-03-27T13:00:00Z',
    ],
  ] as const)('%s', ([, windows, now, at]) => {
    expect(new Date(nextChange(windows, Date.parse(now))).toISOString()).toBe(new Date(at).toISOString())
  })

  test.for([
    ['without windows', []],
    ['for one that always holds', [window({ start: '00:00', end: '24:00' })]],
  ] as const)('never %s', ([, windows]) => {
    expect(nextChange(windows, Date.parse('2026-03-27T12:00:00Z'))).toBe(Number.POSITIVE_INFINITY)
  })
})

test('a change a week away is found with a few looks at the clock, also when it is put forward before', () => {
  const looks = vi.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts')
  nextChange([window({ ...berlin, days: ['Fri'] })], Date.parse('2026-03-27T18:00:00Z'))
  expect(looks.mock.calls.length).toBeLessThan(40)
  looks.mockRestore()
})

test('a time zone that does not exist is an error that names it', () => {
  expect(() => isWithin(window({ timeZone: 'Europe/Berln' }), 0)).toThrow(UnknownTimeZoneError)
  expect(() => isWithin(window({ timeZone: 'Europe/Berln' }), 0)).toThrow('Europe/Berln')
})

const zones = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Pacific/Auckland',
  'Asia/Kathmandu',
]
const hourMs = 3_600_000
const clock = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom('00', '15', '45'))
  .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${minute}`)
/** Every boundary and every change of a clock here is at a quarter of an hour, so looking at each finds it. */
function walked(one: WeeklyWindow, now: number): number {
  for (let at = now + hourMs / 4; at <= now + 15 * 24 * hourMs; at += hourMs / 4) {
    if (isWithin(one, at) !== isWithin(one, now)) return at
  }
  return Number.POSITIVE_INFINITY
}

const windows = fc.record({
  days: fc.subarray(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']),
  start: clock,
  end: clock,
  timeZone: fc.constantFrom(...zones),
})

test('until the next change nothing changes, and then it does, whatever clocks are put forward or back', () => {
  fc.assert(
    fc.property(
      windows,
      // A year of nights, those in which clocks change with them.
      fc.integer({ min: 0, max: 366 * 24 * 4 }),
      fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      (one, quarters, share) => {
        const at = Date.parse('2026-01-01T00:00:00Z') + (quarters * hourMs) / 4
        const next = nextChange([one], at)
        expect(next).toBe(walked(one, at))
        if (next === Number.POSITIVE_INFINITY) return
        expect(next).toBeGreaterThan(at)
        const between = Math.min(next - 1, Math.floor(at + share * (next - at)))
        expect(isWithin(one, between)).toBe(isWithin(one, at))
        expect(isWithin(one, next - 1)).toBe(isWithin(one, at))
        expect(isWithin(one, next)).toBe(!isWithin(one, at))
      },
    ),
    { numRuns: 60 },
  )
})
