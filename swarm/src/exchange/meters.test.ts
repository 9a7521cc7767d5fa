// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { RateMeter } from './rate-meter.ts'
import { TurnaroundMeter } from './turnaround-meter.ts'
import { UplinkMeter } from './uplink-meter.ts'

test('a steady rate is seen as it is', () => {
  const meter = new RateMeter(0)
  for (let now = 0; now < 20_000; now += 10) {
    meter.add(1000, now)
  }
  expect(meter.rate(20_000)).toBeGreaterThan(95_000)
  expect(meter.rate(20_000)).toBeLessThan(105_000)
  expect(meter.total).toBe(2_000_000)
})

test('a young meter does not take its short life for silence', () => {
  const meter = new RateMeter(7000)
  meter.add(50_000, 7400)
  expect(meter.rate(7500)).toBe(100_000)
})

test('a rate ends with its window', () => {
  const meter = new RateMeter(0)
  meter.add(1_000_000, 100)
  expect(meter.rate(4000)).toBeGreaterThan(0)
  expect(meter.rate(6000)).toBe(0)
  expect(meter.rate(600_000)).toBe(0)
})

test('an uplink has room when much less leaves than left lately', () => {
  const meter = new UplinkMeter(0)
  expect(meter.hasRoom(100_000, 100)).toBe(false)
  expect(meter.hasRoom(200_000, 200)).toBe(false)
  expect(meter.hasRoom(210_000, 300)).toBe(true)
  expect(meter.hasRoom(310_000, 400)).toBe(false)
})

test('the shortest turnaround of the last seconds counts, and is forgotten in time', () => {
  const meter = new TurnaroundMeter()
  expect(meter.best(0)).toBeUndefined()
  meter.invited('a', 100)
  meter.answered('a', 103)
  meter.answered('b', 200)
  meter.add(9)
  expect(meter.best(1000)).toBe(3)
  expect(meter.best(12_000)).toBe(3)
  meter.add(7)
  expect(meter.best(23_000)).toBe(7)
})
