// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { artifact, MiB } from '../testing/objects.ts'
import { budgetOf, decideGrant, stepOf, takenBack } from './budget.ts'

const request = (offset: number, length: number, totalSize = 0) => ({ offset, length, totalSize })
const sized = (size: number, bytesGranted = 0) => artifact({ size }, { origin: { bytesGranted } })

test.for([
  { name: 'gives what is asked', of: sized(100), asked: request(0, 50), is: { length: 50 } },
  { name: 'gives no more than there is', of: sized(100), asked: request(90, 50), is: { length: 10 } },
  {
    name: 'gives a small part of a large artifact',
    of: sized(1000 * MiB),
    asked: request(0, 900 * MiB),
    is: { length: 25 * MiB },
  },
  {
    name: 'gives less when there is little to spare',
    of: sized(1000 * MiB, 560 * MiB),
    asked: request(400 * MiB, 900 * MiB),
    is: { length: 5 * MiB },
  },
  {
    name: 'takes the size that the origin states',
    of: artifact(),
    asked: request(0, 500, 100),
    is: { length: 100 },
  },
  {
    name: 'does not hold a file to what the sources before these have stated',
    of: artifact({}, { observedGeneration: 0, size: 10 }),
    asked: request(50, 500, 100),
    is: { length: 50 },
  },
  {
    name: 'gives a step where nobody knows the size',
    of: artifact(),
    asked: request(0, 900 * MiB),
    is: { length: 64 * MiB },
  },
  {
    name: 'lets another seeder look for the size when the first one died before it knew it',
    of: artifact({}, { origin: { bytesGranted: 3 } }),
    asked: request(0, 1),
    is: { length: 1 },
  },
  {
    name: 'gives what the budget has left',
    of: sized(100 * MiB, 120 * MiB - 5),
    asked: request(0, 50),
    is: { length: 5 },
  },
  {
    name: 'has a mebibyte for the mishaps of a small file',
    of: sized(100, 100 + MiB - 5),
    asked: request(0, 50),
    is: { length: 5 },
  },
  {
    name: 'gives all that must not be begun otherwise, in one',
    of: sized(1000 * MiB, 1000 * MiB),
    asked: { ...request(0, 200 * MiB), all: true },
    is: { length: 200 * MiB },
  },
  {
    name: 'gives nothing of what it has not got all of',
    of: sized(1000 * MiB, 1000 * MiB),
    asked: { ...request(0, 200 * MiB + 1), all: true },
    is: { length: 0, reason: 'OriginBudgetExhausted' },
  },
  {
    name: 'has nothing for mishaps where the factor is 1',
    of: artifact({ size: 100, origin: { budgetFactor: 1 } }, { origin: { bytesGranted: 100 } }),
    asked: request(0, 50),
    is: { length: 0, reason: 'OriginBudgetExhausted' },
  },
  {
    name: 'refuses when the budget is spent',
    of: sized(100 * MiB, 120 * MiB),
    asked: request(0, 50),
    is: { length: 0, reason: 'OriginBudgetExhausted' },
  },
  {
    name: 'refuses bytes behind the end',
    of: sized(100),
    asked: request(100, 1),
    is: { length: 0, reason: 'SizeMismatch' },
  },
  {
    name: 'refuses an origin that states another size',
    of: sized(100),
    asked: request(0, 50, 99),
    is: { length: 0, reason: 'SizeMismatch' },
  },
  {
    name: 'gives half of what there is to spare to a reader that writes its leave down',
    of: sized(1000 * MiB),
    asked: { ...request(0, 900 * MiB), held: 0 },
    is: { length: 100 * MiB },
  },
  {
    name: 'fills that up when half of it is used',
    of: sized(1000 * MiB, 100 * MiB),
    asked: { ...request(100 * MiB, 900 * MiB), held: 50 * MiB },
    is: { length: 50 * MiB },
  },
  {
    name: 'gives nothing before that',
    of: sized(1000 * MiB, 100 * MiB),
    asked: { ...request(100 * MiB, 900 * MiB), held: 50 * MiB + 1 },
    is: { length: 0, reason: 'HoldsEnough' },
  },
  {
    name: 'gives something to one that holds too little for a request, however little there is to spare',
    of: sized(MiB, 2 * MiB - 300_000),
    asked: { ...request(MiB / 2, MiB / 2), held: MiB / 4 - 1 },
    is: { length: 1 },
  },
  {
    name: 'refuses negative lengths',
    of: sized(100),
    asked: request(0, -1),
    is: { length: 0, reason: 'InvalidRequest' },
  },
  {
    name: 'refuses nonsense',
    of: sized(100),
    asked: request(Number.NaN, 1),
    is: { length: 0, reason: 'InvalidRequest' },
  },
])('$name', ({ of, asked, is }) => {
  expect(decideGrant(of, asked)).toMatchObject(is)
})

test('whatever is asked in whatever order, the sum of grants stays within the budget', () => {
  const sizes = fc.integer({ min: MiB, max: 8 * MiB })
  const asks = fc.array(fc.tuple(fc.nat(8 * MiB), fc.integer({ min: 1, max: 8 * MiB })), { maxLength: 60 })
  fc.assert(
    fc.property(sizes, fc.double({ min: 1, max: 3, noNaN: true }), asks, (size, budgetFactor, asked) => {
      let granted = 0
      // In the end somebody asks for all of it, until there is nothing left to give.
      for (const [offset, length] of [...asked, ...Array.from({ length: 100 }, () => [0, size] as const)]) {
        const one = artifact({ size, origin: { budgetFactor } }, { origin: { bytesGranted: granted } })
        granted += decideGrant(one, request(offset, length)).length
      }
      expect(granted).toBe(budgetOf(size, budgetFactor))
    }),
  )
})

test('however often a reader dies with two grants unread, the file is read to its end', () => {
  for (const size of [64 * MiB, 128 * MiB, 1024 * MiB, 8192 * MiB]) {
    let [granted, offset, deaths] = [0, 0, 0]
    const ask = () => {
      const decision = decideGrant(sized(size, granted), request(offset, size))
      granted += decision.length
      return decision.length
    }
    while (offset < size) {
      const length = ask()
      expect(length, `${deaths} deaths, ${offset} of ${size} read`).toBeGreaterThan(0)
      // Dies at eight places of the file, each time before a byte of two grants came.
      if (offset > (deaths * size) / 8 && deaths < 8) {
        deaths += 1
        ask()
      } else offset += length
    }
    expect(deaths).toBe(8)
  }
})

test('however often a seeder is lost with its disk and all that it may hold, the file is read to its end', () => {
  for (const size of [64 * MiB, 1024 * MiB, 8192 * MiB]) {
    let [granted, offset] = [0, 0]
    for (let deaths = 0; offset < size; ) {
      const { length } = decideGrant(sized(size, granted), { ...request(offset, size), held: 0 })
      granted += length
      expect(length, `${deaths} deaths, ${offset} of ${size} read`).toBeGreaterThan(0)
      // Loses it all at six places of the file.
      if (deaths < 6 && offset >= (deaths * size) / 6) deaths += 1
      else offset += length
    }
  }
})

test('a file takes fewer than 100 grants when nothing is lost', () => {
  for (const size of [10 * MiB, 100 * MiB, 512 * MiB, 1024 * MiB]) {
    expect(Math.ceil(size / stepOf(size, 0.2 * size))).toBeLessThan(100)
  }
})

test.for([
  { back: 30, is: 30 },
  { back: 60, is: 40, why: 'no more than was not read' },
  { back: -5, is: 0, why: 'nothing is granted this way' },
  { back: Number.NaN, is: 0, why: 'that is no number of bytes' },
])('of 100 bytes granted and 60 read $back given back are $is: $why', ({ back, is }) => {
  expect(takenBack(artifact({}, { origin: { bytesGranted: 100, bytesRead: 60 } }), back)).toBe(is)
})
