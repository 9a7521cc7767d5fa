// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { parseMachineSeconds, parseUsage } from './usage.ts'

describe('what a process has used', () => {
  const stat = '42 (a) name (x)) S 1 42 42 0 -1 4194560 900 0 0 0 150 50 25 5 20 0 7 0 100 1 1'

  test('is its own time and that of ended children, whatever its name is', () => {
    expect(parseUsage(stat, 'Name:\tx\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n')).toEqual({
      cpuSeconds: 2.3,
      peakRssBytes: 2 * 2 ** 20,
    })
  })

  test('is no memory for a kernel thread, which has none', () => {
    expect(parseUsage(stat, 'Name:\tx\n').peakRssBytes).toBe(0)
  })
})

test('what the machine has used leaves out idle and waiting time, and what guests use twice', () => {
  expect(parseMachineSeconds('cpu  100 10 50 9999 8888 5 20 15 100 10')).toBe(2)
})
