// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Connection } from '@libp2p/interface'
import { expect, test } from 'vitest'
import { surplusOf } from './surplus-connections.ts'

type End = Pick<Connection, 'direction' | 'streams'>
const stream = {} as Connection['streams'][number]
const mine: End = { direction: 'outbound', streams: [] }
const theirs: End = { direction: 'inbound', streams: [] }
const mineInUse: End = { direction: 'outbound', streams: [stream] }
const theirsInUse: End = { direction: 'inbound', streams: [stream] }
const mineToo: End = { ...mine }

test.for([
  // connections, closed by the end with the lower ID, by the one with the higher
  ['the only one stays', [mine], [], []],
  ['the idle one is closed by who dialled it', [mine, theirsInUse], [mine], [mine]],
  ['and not by the other', [mineInUse, theirs], [], []],
  ['of two that are idle the one of the lower ID stays', [mine, theirs], [], [mine]],
  ['of two that one end dialled the first stays', [mine, mineToo], [mineToo], [mineToo]],
  ['what is used stays', [mineInUse, theirsInUse], [], []],
] as const)('%s', ([, all, lower, higher]) => {
  expect(surplusOf<End>(all, true)).toEqual(lower)
  expect(surplusOf<End>(all, false)).toEqual(higher)
})
