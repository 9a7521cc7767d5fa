// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { type Bandwidth, limitsAt } from './bandwidth.ts'

const hours = { days: [], timeZone: 'Etc/UTC' }
const bandwidth: Bandwidth = {
  rates: { upload: 1000, download: 2000 },
  windows: [
    { ...hours, start: '12:00', end: '13:00', rates: { upload: 0 } },
    { ...hours, start: '08:00', end: '18:00', rates: { upload: 100, origin: 50 } },
  ],
}
const none = Number.POSITIVE_INFINITY
const at = (time: string) => limitsAt(bandwidth, Date.parse(`2026-03-27T${time}Z`))

describe('limits', () => {
  test('outside of every window are the defaults, until one begins', () => {
    const until = Date.parse('2026-03-27T08:00:00Z')
    expect(at('07:00:00')).toEqual({ upload: 1000, download: 2000, origin: none, window: -1, until })
  })

  test('in a window are what it says, and what it does not say stays', () => {
    const until = Date.parse('2026-03-27T12:00:00Z')
    expect(at('08:00:00')).toEqual({ upload: 100, download: 2000, origin: 50, window: 1, until })
  })

  test('in several windows are those of the first, which may lift one', () => {
    const until = Date.parse('2026-03-27T13:00:00Z')
    expect(at('12:30:00')).toEqual({ upload: none, download: 2000, origin: none, window: 0, until })
  })

  test('where nothing is said are none', () => {
    expect(limitsAt({ windows: [] }, 0)).toEqual({
      upload: none,
      download: none,
      origin: none,
      window: -1,
      until: none,
    })
  })
})
