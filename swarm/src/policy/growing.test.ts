// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { leanParameters as parameters } from './parameters.ts'
import { createPolicy } from './state.ts'
import { step } from './step.ts'
import type { PolicyEvent } from './types.ts'

const chunks = 8
const all = [...Array(chunks).keys()]
const none = new Uint8Array(1)

function node(dealer: boolean, unborn = all) {
  const held = all.filter((chunk) => !unborn.includes(chunk))
  const bitmap = Uint8Array.of(held.reduce((bits, chunk) => bits | (1 << chunk), 0))
  const policy = createPolicy({ chunks, bitmap, dealer, unborn, now: 0, parameters })
  const tell = (event: PolicyEvent) => step(policy, event, 1, () => 0.5)
  return { policy, tell }
}

describe('a seeder that still reads', () => {
  test('deals a chunk as soon as it has read it, once, and announces all after the last one has left', () => {
    const { policy, tell } = node(true)
    tell({ type: 'joined', peer: 'a', bitmap: none, dealing: false })
    expect(tell({ type: 'token', peer: 'a', count: 2 })).toEqual([])
    for (const chunk of all) {
      const dealt = tell({ type: 'stored', chunks: [chunk] })
      expect(dealt).toContainEqual({ type: 'send', peer: 'a', chunk })
      tell({ type: 'token', peer: 'a', count: 1 })
      expect(policy.dealing).toBe(true)
      const left = tell({ type: 'sent', peer: 'a', chunk })
      expect(left[0]).toEqual(chunk === 7 ? { type: 'haveAll' } : undefined)
    }
    expect(policy.dealing).toBe(false)
  })

  test('does not deal what a receiver has announced before it was read', () => {
    const { tell } = node(true)
    tell({ type: 'joined', peer: 'a', bitmap: Uint8Array.of(0b1), dealing: false })
    tell({ type: 'token', peer: 'a', count: 2 })
    expect(tell({ type: 'stored', chunks: [0] })).not.toContainEqual(
      expect.objectContaining({ type: 'send' }),
    )
    expect(tell({ type: 'stored', chunks: [1] })).toContainEqual({ type: 'send', peer: 'a', chunk: 1 })
  })
})

describe('a receiver of a file that is still read', () => {
  const joined: PolicyEvent = { type: 'joined', peer: 's', bitmap: none, dealing: true }

  test('keeps tokens at the seeder although it lacks nothing that is known yet', () => {
    expect(node(false).tell(joined)).toEqual([{ type: 'token', peer: 's', count: 2 }])
  })

  test('asks for no chunk whose digest it does not know', () => {
    const { tell } = node(false)
    tell({ type: 'joined', peer: 'b', bitmap: Uint8Array.of(0b11), dealing: false })
    expect(tell({ type: 'invite', peer: 'b' })).toEqual([{ type: 'pass', peer: 'b', reason: 'nothing' }])
    // The inviter, which was told PASS, does not know that it may be asked now.
    const born = tell({ type: 'born', chunks: [1], copying: [] })
    expect(born).toEqual([{ type: 'request', peer: 'b', chunk: 1 }])
  })

  test('asks for no chunk that it copies from its own disk, unless that fails', () => {
    const { tell } = node(false)
    tell({ type: 'joined', peer: 'b', bitmap: Uint8Array.of(0b1), dealing: false })
    tell({ type: 'born', chunks: [0], copying: [0] })
    expect(tell({ type: 'invite', peer: 'b' })).toEqual([{ type: 'pass', peer: 'b', reason: 'nothing' }])
    tell({ type: 'refused', chunk: 0 })
    expect(tell({ type: 'invite', peer: 'b' })).toEqual([{ type: 'request', peer: 'b', chunk: 0 }])
  })

  test('holds what it has from an earlier seeder', () => {
    const { policy, tell } = node(false, [2, 3, 4, 5, 6, 7])
    expect(tell({ type: 'born', chunks: [0, 1, 2], copying: [] })).toEqual([])
    expect(policy.table.neededCount).toBe(1)
  })
})
