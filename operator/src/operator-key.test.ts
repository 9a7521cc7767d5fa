// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { keysOf, OperatorKeyError } from './operator-key.ts'

const key = (byte: number): string => Buffer.alloc(32, byte).toString('base64')
const [old, young] = [key(1), key(2)]
const peerIdOf = (seed: string) => keysOf({ data: { seed } }).identity.peerId

test('a key is changed in three steps, and agents trust the one that signs in each', () => {
  const steps = [
    { seed: old },
    { seed: old, next: young },
    { seed: young, previous: old },
    { seed: young },
  ].map((data) => keysOf({ data }))
  expect(steps.map(({ identity }) => identity.peerId)).toEqual([old, old, young, young].map(peerIdOf))
  for (const { identity, trusted } of steps) expect(trusted).toContain(identity.peerId)
  // Whoever was rolled in one step believes the key that signs in the next: nobody is cut off in between.
  for (const [index, { trusted }] of steps.entries())
    expect(trusted).toContain((steps[index + 1] ?? steps[index])?.identity.peerId)
  // What agents pin is the same before and after the change itself: it rolls none.
  expect(steps[2]?.trusted).toEqual(steps[1]?.trusted)
  expect(steps[3]?.trusted).toEqual([peerIdOf(young)])
})

test.for([
  {},
  { seed: '' },
  { seed: Buffer.alloc(31).toString('base64') },
  { seed: old, next: 'c2hvcnQ=' },
  { next: young },
])('anything else is no key: %j', (data) => {
  expect(() => keysOf({ data })).toThrow(OperatorKeyError)
})
