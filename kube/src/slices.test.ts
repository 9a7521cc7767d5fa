// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { setImmediate } from 'node:timers/promises'
import { beforeEach, expect, test } from 'vitest'
import { createSlices, mapInSlices, type Slices } from './slices.ts'

let now: number
let held: [string, number][]
let slices: Slices
/** Turns of the event loop that others had meanwhile. */
let turns: number

beforeEach(() => {
  now = 0
  held = []
  turns = 0
  slices = createSlices({ now: () => now }, (key, ms) => void held.push([key, ms]))
})

async function countTurns(until: Promise<unknown>): Promise<void> {
  let ended = false
  void until.finally(() => (ended = true))
  for (; !ended; turns++) await setImmediate()
}

test('of many each is made, in slices of ten milliseconds, with turns of others between them', async () => {
  const giveWay = () => slices.giveWay('a')
  const made = mapInSlices(Array(35).keys(), giveWay, (one) => {
    now += 1
    return one * 2
  })
  await countTurns(made)
  expect(await made).toEqual([...Array(35).keys()].map((one) => one * 2))
  expect(turns).toBeGreaterThanOrEqual(3)
  expect(held).toEqual([
    ['a', 10],
    ['a', 10],
    ['a', 10],
    ['a', 5],
  ])
})

test('short work goes on without a turn of others', async () => {
  const made = mapInSlices(Array(1000).keys(), () => slices.giveWay('a'), Number)
  await countTurns(made)
  expect(held).toEqual([['a', 0]])
})

test('two decisions at once have one slice together', async () => {
  const work = (key: string) =>
    mapInSlices(
      Array(10).keys(),
      () => slices.giveWay(key),
      () => {
        now += 1
      },
    )
  await countTurns(Promise.all([work('a'), work('b')]))
  expect(held.length).toBeGreaterThan(1)
  // Both may have asked just before it was time.
  expect(Math.max(...held.map(([, ms]) => ms))).toBeLessThanOrEqual(11)
})

test('what takes long between two chances is said with its key', async () => {
  await slices.giveWay('a')
  now += 70
  await setImmediate()
  await slices.giveWay('b')
  await setImmediate()
  expect(held).toEqual([
    ['a', 70],
    ['b', 0],
  ])
})
