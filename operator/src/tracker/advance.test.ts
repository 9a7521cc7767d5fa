// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { artifact, MiB } from '../testing/objects.ts'
import { Advances, drawOn } from './advance.ts'
import { aheadOf, decideGrant } from './budget.ts'

test.for([
  { name: 'what the status says already needs no write', given: [10, 10, 5], is: { write: 0, advance: 0 } },
  { name: 'what it lacks is written, with some ahead', given: [10, 11, 5], is: { write: 6, advance: 5 } },
  { name: 'the first grant is written whole', given: [0, 11, 5], is: { write: 16, advance: 5 } },
  { name: 'what is given back is written at once', given: [10, -7, 5], is: { write: -7, advance: 10 } },
] as const)('$name', ({ given: [advance, charge, ahead], is }) => {
  expect(drawOn(advance, charge, ahead)).toEqual(is)
})

test('an account is forgotten with its artifact, sites and all', () => {
  const advances = new Advances()
  advances.set('uid', undefined, 5)
  advances.set('uid', 'a', 7)
  advances.set('other', 'a', 9)
  expect([advances.of('uid'), advances.of('uid', 'a'), advances.of('uid', '')]).toEqual([5, 7, 0])
  advances.forget('uid')
  expect([advances.of('uid'), advances.of('uid', 'a'), advances.of('other', 'a')]).toEqual([0, 0, 9])
})

/** A seeder reads a file with what it may hold, and the operator is replaced at so many places of it. */
function read(size: number, falls: number): { written: number; writes: number } {
  let [written, advance, writes, fallen] = [0, 0, 0, 0]
  for (let offset = 0; offset < size; ) {
    const one = artifact({ size }, { origin: { bytesGranted: written - advance } })
    const { length } = decideGrant(one, { offset, length: size - offset, totalSize: size, held: 0 })
    if (length === 0) throw new Error(`nothing is left after ${fallen} leaders, ${offset} of ${size} read`)
    const drawn = drawOn(advance, length, aheadOf(one, { size, left: size - offset, length }))
    writes += drawn.write > 0 ? 1 : 0
    written += drawn.write
    advance = drawn.advance
    offset += length
    if (fallen < falls && offset > (fallen * size) / falls) {
      fallen += 1
      advance = 0
    }
  }
  return { written, writes }
}

test.for([MiB, 20 * MiB, 1024 * MiB])(
  '%i bytes are granted with ten writes at most, and no more than these bytes',
  (size) => {
    const { written, writes } = read(size, 0)
    expect(written).toBe(size)
    expect(writes).toBeLessThanOrEqual(10)
  },
)

test.for([20 * MiB, 1024 * MiB])('of %i bytes the last is granted however many leaders fall', (size) => {
  expect(read(size, 8).written).toBeLessThanOrEqual(1.2 * size)
})
