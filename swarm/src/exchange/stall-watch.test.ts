// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { leanParameters } from '../policy/index.ts'
import { stalledOf } from './stall-watch.ts'

const upload = (peer: string, { blockedFor = 0, onTheWayFor = 0, chunks = 1 } = {}) => ({
  peer,
  chunks,
  blockedFor,
  onTheWayFor,
})
/** Two places; a chunk arrives every 20 ms, every second, or none has arrived yet. */
const uplink = (ms: number | undefined) => ({
  dealing: false,
  parameters: leanParameters,
  gapUp: { last: 0, ms },
})

test('whose connection takes nothing has stalled when the uplink has room', () => {
  const uploads = [upload('a', { blockedFor: 100 }), upload('b', { blockedFor: 99 })]
  expect([...stalledOf(uploads, uplink(20), true)]).toEqual(['a'])
  expect([...stalledOf(uploads, uplink(20), false)]).toEqual([])
})

test('so have no more than there are places, the longest first: over a slow line everybody is waited for', () => {
  const uploads = [200, 400, 300].map((blockedFor, index) => upload('abc'[index]!, { blockedFor }))
  expect([...stalledOf(uploads, uplink(1000), true)]).toEqual(['b', 'c'])
  const two = [upload('a', { blockedFor: 300, chunks: 2 }), upload('b', { blockedFor: 200 })]
  expect([...stalledOf(two, uplink(1000), true)]).toEqual(['a'])
})

test('all have stalled that are overdue, whether the connection has taken the chunk or not', () => {
  const uploads = [
    upload('a', { blockedFor: 250 }),
    upload('b', { onTheWayFor: 250 }),
    upload('c', { blockedFor: 900, chunks: 4 }),
    upload('d', { onTheWayFor: 249 }),
  ]
  expect([...stalledOf(uploads, uplink(20), false)].toSorted()).toEqual(['a', 'b', 'c'])
  expect([...stalledOf(uploads, uplink(1000), false)]).toEqual([])
})

test('before any chunk has arrived the first that are late have stalled', () => {
  const uploads = ['a', 'b', 'c'].map((peer) => upload(peer, { onTheWayFor: 250 }))
  expect([...stalledOf(uploads, uplink(undefined), false)]).toEqual(['a', 'b'])
})
