// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { Simulation } from './simulation/simulation.ts'
import { fullMesh } from './simulation/topology.ts'
import { createPolicy, type PolicyState } from './state.ts'
import { step } from './step.ts'
import type { Action, PolicyEvent } from './types.ts'

const chunks = 256
const shunned = 5

/** A seeder (0) and eight receivers; all speak to all, or one is spoken to by the seeder alone. Its own time does not count. */
function swarm(all: boolean, seed: number) {
  const nodes = Array.from({ length: 9 }, () => ({ up: 1, down: 1 }))
  const edges = fullMesh(9).filter(([a, b]) => all || a === 0 || (a !== shunned && b !== shunned))
  const simulation = new Simulation({ nodes, edges, chunks, chunkBytes: 80, seed })
  const counted = simulation.nodes.slice(1).filter(({ id }) => id !== shunned)
  simulation.run(() => counted.every(({ policy }) => policy.held === chunks))
  return simulation
}

describe('a node that nobody but the seeder speaks to', () => {
  test.for([1, 2, 3])('costs the others 3 % at most (seed %i)', (seed) => {
    expect(swarm(false, seed).now / swarm(true, seed).now).toBeLessThan(1.03)
  })

  test('gets the file in the end', () => {
    const simulation = swarm(false, 1)
    const { policy } = simulation.nodes[shunned]!
    simulation.run(() => policy.held === chunks)
    expect(simulation.now / (chunks * 80)).toBeLessThan(2.2)
  })
})

describe('a seeder', () => {
  const peers = ['liar', 'one', 'two'] as const

  /** Deals; `one` and `two` pass on what they get, and each has announced as much again. */
  function dealing() {
    const state = createPolicy({ chunks, bitmap: new Uint8Array(chunks / 8).fill(255), dealer: true, now: 0 })
    const sent: { peer: string; chunk: number }[] = []
    const feed = (event: PolicyEvent, now = 0) => {
      for (const action of step(state, event, now, () => 0)) note(action)
    }
    const note = (action: Action) => {
      if (action.type === 'send') sent.push({ peer: String(action.peer), chunk: action.chunk })
    }
    for (const peer of peers) feed({ type: 'joined', peer, bitmap: new Uint8Array(), dealing: false })
    for (const peer of peers) feed({ type: 'token', peer, count: 64 })
    return { state, sent, feed }
  }

  /** What was sent leaves, is announced by whom it went to, and, but for the liar's, by the others. */
  function passOn({ sent, feed }: ReturnType<typeof dealing>, from: number, upTo: number) {
    for (let at = from; at < upTo; at++) {
      const { peer, chunk } = sent[at]!
      feed({ type: 'sent', peer, chunk })
      for (const to of peers) {
        if (to === peer || (peer !== 'liar' && to !== 'liar')) {
          feed({ type: 'have', peer: to, first: chunk, count: 1 })
        }
      }
    }
  }
  const cutOff = (state: PolicyState) => peers.filter((peer) => !state.neighbours.get(peer)!.fedByOthers)

  test('finds out who gets nothing from others, and deals it no more while they take chunks', () => {
    const swarm = dealing()
    passOn(swarm, 0, 60)
    expect(cutOff(swarm.state)).toEqual(['liar'])
    expect(swarm.sent.slice(30).filter(({ peer }) => peer === 'liar')).toEqual([])
  })

  test('is not deceived by announcements that come late of what it has sent itself', () => {
    const swarm = dealing()
    passOn(swarm, 0, 60)
    const late = [chunks - 1, chunks - 2, chunks - 3, chunks - 4, chunks - 5, chunks - 6]
    for (const chunk of late) swarm.feed({ type: 'sent', peer: 'liar', chunk })
    for (const chunk of late) swarm.feed({ type: 'have', peer: 'liar', first: chunk, count: 1 })
    expect(cutOff(swarm.state)).toEqual(['liar'])
  })

  test.for([
    ['again, when it has been so for two seconds', 2000, chunks],
    ['by nobody else, when they may only have met', 1999, chunks - 4],
  ] as const)('has what it had dealt to it passed on %s', ([, ms, dealtElsewhere]) => {
    const swarm = dealing()
    for (let at = 0; swarm.state.dealing; at++) {
      passOn(swarm, at, at + 1)
      swarm.feed({ type: 'token', peer: at % 2 === 0 ? 'one' : 'two', count: 1 }, ms)
    }
    const elsewhere = swarm.sent.filter(({ peer }) => peer !== 'liar').map(({ chunk }) => chunk)
    expect(new Set(elsewhere).size).toBe(dealtElsewhere)
  })

  test('deals to it when nobody else asks and nothing is under way', () => {
    const swarm = dealing()
    passOn(swarm, 0, 60)
    for (const peer of ['one', 'two']) swarm.state.neighbours.get(peer)!.tokensHere = 0
    const { length } = swarm.sent
    passOn(swarm, 60, length - 1)
    expect(swarm.sent).toHaveLength(length)
    passOn(swarm, length - 1, length)
    expect(swarm.sent[length]).toMatchObject({ peer: 'liar' })
  })

  test('takes it back when it gets chunks from others', () => {
    const swarm = dealing()
    passOn(swarm, 0, 60)
    swarm.feed({ type: 'have', peer: 'liar', first: chunks - 2, count: 2 })
    expect(cutOff(swarm.state)).toEqual([])
  })

  test('judges nobody as long as nobody gets anything from others: they have just come', () => {
    const swarm = dealing()
    for (let at = 0; at < 60; at++) {
      const { peer, chunk } = swarm.sent[at]!
      swarm.feed({ type: 'sent', peer, chunk })
      swarm.feed({ type: 'have', peer, first: chunk, count: 1 })
    }
    expect(new Set(swarm.sent.map(({ chunk }) => chunk)).size).toBe(swarm.sent.length)
    expect(new Set(swarm.sent.slice(30).map(({ peer }) => peer)).size).toBe(3)
  })
})
