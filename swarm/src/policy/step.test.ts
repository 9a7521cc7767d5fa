// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { leanParameters as parameters } from './parameters.ts'
import { seededRandom } from './simulation/random.ts'
import { createPolicy, type PolicyState } from './state.ts'
import { step, wakeAt } from './step.ts'
import type { PolicyEvent } from './types.ts'

describe('one event', () => {
  const random = seededRandom(7)
  const holder = (dealer = false) =>
    createPolicy({ chunks: 8, bitmap: Uint8Array.of(255), dealer, now: 0, parameters })
  const beginner = () =>
    createPolicy({ chunks: 8, bitmap: Uint8Array.of(0), dealer: false, now: 0, parameters })
  const feed = (state: PolicyState, now: number, ...events: PolicyEvent[]) =>
    events.flatMap((event) => step(state, event, now, random))
  const joined = (peer: string, bits: number, dealing = false): PolicyEvent => ({
    type: 'joined',
    peer,
    bitmap: Uint8Array.of(bits),
    dealing,
  })

  test('a dealing seeder is given two tokens', () => {
    expect(feed(beginner(), 0, joined('s', 0, true))).toEqual([{ type: 'token', peer: 's', count: 2 }])
  })

  test('a dealing seeder answers no request with data', () => {
    const actions = feed(holder(true), 0, joined('a', 0), { type: 'request', peer: 'a', chunk: 1 })
    expect(actions.map((action) => action.type)).toEqual(['busy'])
  })

  describe('a seeder that has dealt everything', () => {
    /** It and two holders have all of `chunks`; the holders have been asked for four of them. */
    const receiver = (chunks: number) => {
      const state = createPolicy({ chunks, bitmap: new Uint8Array(chunks / 8), dealer: false, now: 0 })
      feed(state, 0, joined('seeder', 0, true), joined('a', 0), joined('b', 0))
      for (const peer of ['seeder', 'a', 'b']) feed(state, 1, { type: 'have', peer, first: 0, count: chunks })
      for (const peer of ['a', 'b', 'a', 'b']) feed(state, 1, { type: 'invite', peer })
      return state
    }
    const invite: PolicyEvent = { type: 'invite', peer: 'seeder' }

    test('is asked for nothing while others bring enough', () => {
      expect(feed(receiver(16), 2, invite)).toEqual([{ type: 'pass', peer: 'seeder', reason: 'full' }])
    })

    test('is asked for the last chunks', () => {
      const state = receiver(16)
      for (const peer of ['a', 'b', 'a', 'b', 'a']) feed(state, 2, { type: 'invite', peer })
      expect(feed(state, 2, invite)).toMatchObject([{ type: 'request', peer: 'seeder' }])
    })

    test('is asked when what the others were asked for is late', () => {
      expect(feed(receiver(16), 2002, invite)).toMatchObject([{ type: 'request', peer: 'seeder' }])
    })
  })

  test('a holder offers two uploads at once and no third', () => {
    const state = holder()
    const invites = feed(state, 0, joined('a', 0), joined('b', 0), joined('c', 0))
    expect(invites.map((action) => action.type)).toEqual(['invite', 'invite'])
  })

  test('who has sent a wrong chunk is sent again what it asks for after three seconds: its disk may have been bad', () => {
    const state = holder()
    feed(state, 0, { type: 'lost', chunks: [7] }, joined('liar', 128))
    feed(state, 1, { type: 'wrong', peer: 'liar', chunk: 7 })
    const request: PolicyEvent = { type: 'request', peer: 'liar', chunk: 2 }
    expect(feed(state, 3000, request)).toEqual([{ type: 'busy', peer: 'liar', chunk: 2, retryMs: 1 }])
    expect(feed(state, 3001, request)).toEqual([{ type: 'send', peer: 'liar', chunk: 2 }])
  })

  test('who sends a wrong chunk is offered and sent nothing until one of its chunks is right', () => {
    const state = holder()
    feed(state, 0, { type: 'lost', chunks: [7] }, joined('liar', 128))
    feed(state, 1, { type: 'request', peer: 'liar', chunk: 0 }, { type: 'request', peer: 'liar', chunk: 1 })
    feed(state, 2, { type: 'wrong', peer: 'liar', chunk: 7 })
    const left = (chunk: number): PolicyEvent => ({ type: 'sent', peer: 'liar', chunk })
    expect(feed(state, 3, left(0), left(1), { type: 'request', peer: 'liar', chunk: 2 })).toMatchObject([
      { type: 'busy', chunk: 2 },
    ])
    expect(feed(state, 4, { type: 'right', peer: 'liar' })).toMatchObject([
      { type: 'invite' },
      { type: 'invite' },
    ])
  })

  test('a stalled neighbour does not hold a slot', () => {
    const state = holder()
    feed(state, 0, joined('a', 0))
    feed(state, 0, { type: 'request', peer: 'a', chunk: 0 }, { type: 'request', peer: 'a', chunk: 1 })
    expect(feed(state, 1, joined('b', 0))).toEqual([])
    expect(feed(state, 2, { type: 'stalled', peer: 'a' })).toEqual([
      { type: 'invite', peer: 'b' },
      { type: 'invite', peer: 'b' },
    ])
  })

  test('chunks that a limit holds back fill the requests in flight, are never late and asked for nowhere else', () => {
    const state = beginner()
    feed(state, 0, joined('a', 255), joined('b', 255))
    const asked = [1, 2, 3, 4].flatMap(() => feed(state, 0, { type: 'invite', peer: 'a' }))
    const chunks = asked.map((action) => (action.type === 'request' ? action.chunk : -1))
    feed(state, 1, ...chunks.map((chunk): PolicyEvent => ({ type: 'heldBack', peer: 'a', chunk })))
    const later = 1_000_000
    expect(feed(state, later, { type: 'tick' }, { type: 'invite', peer: 'b' })).toEqual([
      { type: 'pass', peer: 'b', reason: 'full' },
    ])
    feed(state, later, { type: 'received', peer: 'a', chunk: chunks[0] ?? -1 })
    expect(feed(state, later, { type: 'invite', peer: 'b' })).toMatchObject([{ type: 'request', peer: 'b' }])
  })

  test('a chunk that is held back was asked for as late elsewhere: that is called off', () => {
    const state = beginner()
    feed(state, 0, joined('a', 1), joined('b', 1), { type: 'invite', peer: 'a' })
    feed(state, 1, { type: 'arriving', peer: 'a', chunk: 0 })
    expect(feed(state, 100_000, { type: 'tick' })).toEqual([{ type: 'request', peer: 'b', chunk: 0 }])
    expect(feed(state, 100_001, { type: 'heldBack', peer: 'a', chunk: 0 })).toEqual([
      { type: 'cancel', peer: 'b', chunk: 0 },
    ])
    expect(feed(state, 100_002, { type: 'received', peer: 'a', chunk: 0 })).toEqual([])
  })

  test('a dealer is given no further token for a chunk that is held back', () => {
    const state = beginner()
    feed(state, 0, joined('s', 0, true))
    const held = [0, 1].flatMap((chunk): PolicyEvent[] => [
      { type: 'arriving', peer: 's', chunk },
      { type: 'heldBack', peer: 's', chunk },
    ])
    expect(feed(state, 1, ...held)).toEqual([])
    expect(feed(state, 2, { type: 'received', peer: 's', chunk: 0 })).toEqual([
      { type: 'token', peer: 's', count: 1 },
    ])
  })

  test('a dealer that cannot read what it would send is given the token anew', () => {
    const state = beginner()
    feed(state, 0, joined('s', 0, true), joined('a', 255))
    expect(feed(state, 1, { type: 'notFound', peer: 's', chunk: 5 })).toEqual([
      { type: 'token', peer: 's', count: 1 },
    ])
    expect(feed(state, 1, { type: 'notFound', peer: 'a', chunk: 5 })).toEqual([])
  })

  test('what a dealer has lost it deals to nobody, also when whoever was dealt it goes', () => {
    const state = holder(true)
    feed(state, 0, joined('a', 0))
    const dealt = (peer: string, chunk: number) => [{ type: 'send', peer, chunk }]
    expect(feed(state, 0, { type: 'token', peer: 'a', count: 1 })).toEqual(dealt('a', 0))
    feed(state, 1, { type: 'lost', chunks: [0, 1, 3] }, { type: 'left', peer: 'a' }, joined('b', 0))
    expect(feed(state, 1, { type: 'token', peer: 'b', count: 1 })).toEqual(dealt('b', 2))
    expect(feed(state, 1, { type: 'token', peer: 'b', count: 1 })).toEqual(dealt('b', 4))
  })

  test('a dealer that has lost all that it had left to deal announces the rest', () => {
    const state = holder(true)
    feed(
      state,
      0,
      joined('a', 0),
      { type: 'token', peer: 'a', count: 1 },
      { type: 'sent', peer: 'a', chunk: 0 },
    )
    expect(feed(state, 1, { type: 'lost', chunks: [1, 2, 3, 4, 5, 6, 7] })).toContainEqual({
      type: 'haveAll',
    })
  })

  test('the invited node asks for the rarest chunk of the inviter', () => {
    const state = beginner()
    feed(state, 0, joined('a', 0b1110), joined('b', 0b0110), joined('c', 0b0110))
    expect(feed(state, 0, { type: 'invite', peer: 'a' })).toEqual([{ type: 'request', peer: 'a', chunk: 3 }])
  })

  test('it passes when it has four in flight, and when the inviter has nothing for it', () => {
    const state = beginner()
    const invite: PolicyEvent = { type: 'invite', peer: 'a' }
    feed(state, 0, joined('a', 0b11111), joined('b', 0))
    feed(state, 0, invite, invite, invite, invite)
    expect(feed(state, 0, invite)).toEqual([{ type: 'pass', peer: 'a', reason: 'full' }])
    const other = beginner()
    feed(other, 0, joined('a', 0))
    expect(feed(other, 0, invite)).toEqual([{ type: 'pass', peer: 'a', reason: 'nothing' }])
  })

  test('a request that has not begun is moved when late, one that has is given twice the time, then doubled and the loser called off', () => {
    const state = beginner()
    feed(state, 0, joined('a', 0b1), { type: 'invite', peer: 'a' }, joined('b', 0b1))
    expect(feed(state, 4000, { type: 'tick' })).toEqual([
      { type: 'cancel', peer: 'a', chunk: 0 },
      { type: 'request', peer: 'b', chunk: 0 },
    ])
    feed(state, 4001, { type: 'arriving', peer: 'b', chunk: 0 })
    expect(feed(state, 12_000, { type: 'tick' })).toEqual([])
    expect(feed(state, 12_001, { type: 'tick' })).toEqual([{ type: 'request', peer: 'a', chunk: 0 }])
    expect(feed(state, 12_002, { type: 'received', peer: 'b', chunk: 0 })).toEqual([
      { type: 'cancel', peer: 'a', chunk: 0 },
    ])
  })

  test('a hungry node asks unasked, and a node that nobody can feed waits for no clock', () => {
    const state = beginner()
    expect(wakeAt(state)).toBe(Number.POSITIVE_INFINITY)
    feed(state, 0, joined('a', 0b1))
    expect(wakeAt(state)).toBeLessThanOrEqual(100)
    expect(feed(state, 100, { type: 'tick' })).toEqual([{ type: 'request', peer: 'a', chunk: 0 }])
  })

  test('what was asked of a neighbour that left is needed again', () => {
    const state = beginner()
    feed(state, 0, joined('a', 0b1), { type: 'invite', peer: 'a' }, joined('b', 0b1))
    feed(state, 1, { type: 'left', peer: 'a' })
    expect(feed(state, 2, { type: 'invite', peer: 'b' })).toEqual([{ type: 'request', peer: 'b', chunk: 0 }])
  })

  test('a chunk that was refused is needed again', () => {
    const state = beginner()
    feed(state, 0, joined('a', 0b1), { type: 'invite', peer: 'a' })
    feed(state, 1, { type: 'received', peer: 'a', chunk: 0 }, { type: 'refused', chunk: 0 })
    expect(feed(state, 2, { type: 'invite', peer: 'a' })).toEqual([{ type: 'request', peer: 'a', chunk: 0 }])
  })

  describe('while chunks are copied on the node itself', () => {
    const copying = () =>
      createPolicy({
        chunks: 4,
        bitmap: Uint8Array.of(0),
        dealer: false,
        copying: [0, 1, 2],
        now: 0,
        parameters,
      })
    const invite: PolicyEvent = { type: 'invite', peer: 'a' }

    test('only the others are asked for', () => {
      const state = copying()
      feed(state, 0, joined('a', 0b1111))
      expect(feed(state, 0, invite, invite)).toEqual([
        { type: 'request', peer: 'a', chunk: 3 },
        { type: 'pass', peer: 'a', reason: 'nothing' },
      ])
    })

    test('a dealer gets no tokens before the last of them is announced', () => {
      const state = copying()
      const early = feed(state, 0, joined('s', 0, true), { type: 'stored', chunks: [0, 1] })
      expect(early.map((action) => action.type)).not.toContain('token')
      expect(feed(state, 1, { type: 'stored', chunks: [2] })).toEqual([
        { type: 'have', chunks: [2] },
        { type: 'token', peer: 's', count: 1 },
      ])
    })

    test('one that cannot be copied is needed like any other', () => {
      const state = copying()
      feed(state, 0, joined('a', 0b0001), joined('s', 0, true), { type: 'stored', chunks: [1, 2] })
      expect(feed(state, 1, { type: 'refused', chunk: 0 })).toEqual([{ type: 'token', peer: 's', count: 2 }])
      expect(feed(state, 2, invite)).toEqual([{ type: 'request', peer: 'a', chunk: 0 }])
    })
  })

  test('more is kept in flight where the way is long', () => {
    const state = holder()
    feed(state, 0, joined('a', 0))
    for (let chunk = 0; chunk < 6; chunk++) {
      feed(state, chunk * 8, { type: 'request', peer: 'a', chunk }, { type: 'request', peer: 'a', chunk: 7 })
      feed(state, chunk * 8 + 8, { type: 'sent', peer: 'a', chunk })
    }
    feed(state, 50, { type: 'latency', rttMs: 20 })
    expect(state.parameters.uploads).toBe(12)
  })

  test('the time in which nothing was sent does not make an uplink look slow', () => {
    const state = holder()
    feed(state, 0, joined('a', 0))
    for (const [chunk, at] of [0, 10_000, 90_000].entries()) {
      feed(state, at, { type: 'request', peer: 'a', chunk })
      feed(state, at + 8, { type: 'sent', peer: 'a', chunk })
    }
    expect(state.gapUp.ms).toBe(8)
  })
})
