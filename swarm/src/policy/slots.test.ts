// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { seededRandom } from './simulation/random.ts'
import { Simulation } from './simulation/simulation.ts'
import { randomGraph } from './simulation/topology.ts'
import { has, isHeld, type PolicyState } from './state.ts'
import type { PeerKey } from './types.ts'

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
const chunks = 40

/** What a node would find if it looked at everything. */
function recount(state: PolicyState) {
  const neighbours = [...state.neighbours.values()]
  const lists = [...Array(chunks).keys()]
  return {
    taken: sum(neighbours.filter((one) => !one.stalled).map((one) => one.sending.size + one.invited)),
    sending: sum(neighbours.map((one) => one.sending.size)),
    wanting: neighbours.filter((one) => one.lacks > 0 && one.fedByOthers).length,
    inviting: neighbours.filter((one) => one.invited > 0).map((one) => one.key),
    refusing: neighbours.filter((one) => one.full).length,
    offering: neighbours.filter((one) => one.offers > 0).length,
    guests: neighbours
      .filter(
        (one) => !(one.full || one.nothing || one.stalled) && one.lacks > one.sending.size + one.invited,
      )
      .map((one) => one.key),
    neighbours: neighbours.map((one) => ({
      lacks: lists.filter((chunk) => isHeld(state, chunk) && !has(state, one, chunk)).length,
      offers: lists.filter((chunk) => !isHeld(state, chunk) && has(state, one, chunk)).length,
      hasCount: lists.filter((chunk) => has(state, one, chunk)).length,
    })),
  }
}

const counted = (state: PolicyState) => ({
  taken: state.near.taken,
  sending: state.sending,
  wanting: state.near.wanting,
  inviting: [...state.inviting].map((one) => one.key),
  refusing: state.refusing,
  offering: state.offering,
  guests: state.near.guests.map((one) => one.key).toSorted((a, b) => Number(a) - Number(b)),
  neighbours: [...state.neighbours.values()].map(({ lacks, offers, hasCount }) => ({
    lacks,
    offers,
    hasCount,
  })),
})

test('what is counted as it changes is what a recount finds, with neighbours that are slow, late and dying', () => {
  const simulation = new Simulation({
    nodes: Array.from({ length: 21 }, (_, id) => {
      const rate = id % 7 === 6 ? 0.1 : 1
      return {
        up: rate,
        down: rate,
        joinsAt: id > 17 ? 1500 : 0,
        diesAt: id % 10 === 4 ? 40 * id : undefined,
      }
    }),
    edges: randomGraph(21, 12, seededRandom(2)),
    chunks,
    chunkBytes: 50,
    detectMs: 100,
  })
  for (let at = 100; at <= 3000; at += 100) {
    simulation.run(() => simulation.now >= at || simulation.incomplete === 0)
    for (const { policy } of simulation.nodes) {
      const found = recount(policy)
      const inOrder = (keys: PeerKey[]) => keys.toSorted((a, b) => Number(a) - Number(b))
      expect(counted(policy)).toEqual({
        ...found,
        inviting: expect.toSatisfy((keys) => inOrder(keys).join() === inOrder(found.inviting).join()),
        guests: inOrder(found.guests),
      })
    }
  }
})
