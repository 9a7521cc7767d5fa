// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { leanParameters as parameters } from './parameters.ts'
import { Simulation } from './simulation/simulation.ts'
import { fullMesh } from './simulation/topology.ts'

const chunks = 128

interface Lan {
  readonly receivers: number
  readonly seed?: number
  /** Node 5 is this many times slower than the others. */
  readonly slower?: number
}

/** Everybody a neighbour of everybody, a chunk takes 8 ms of a line. */
const lan = ({ receivers, seed = 1, slower = 1 }: Lan) =>
  new Simulation({
    nodes: Array.from({ length: receivers + 1 }, (_, id) => {
      const rate = id === 5 ? 1 / slower : 1
      return { up: rate, down: rate }
    }),
    edges: fullMesh(receivers + 1),
    chunks,
    chunkBytes: 8,
    seed,
    parameters,
  })

const receivers = (simulation: Simulation) => simulation.nodes.slice(1)
const allComplete = (simulation: Simulation) => () =>
  receivers(simulation).every((node) => node.dead || node.policy.held === chunks)
const seeder = (simulation: Simulation) => simulation.nodes[0]!
const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)

describe('a swarm of a seeder and eight receivers', () => {
  test.for([1, 2, 3, 4, 5])('sends every chunk once before any twice (seed %i)', (seed) => {
    const simulation = lan({ receivers: 8, seed })
    simulation.run(() => !seeder(simulation).policy.dealing)
    const { sent, outgoing } = seeder(simulation)
    const dealt = [...sent, ...[...outgoing.values()].flatMap((transfer) => transfer.chunks)]
    expect(dealt.length).toBe(chunks)
    expect(new Set(dealt).size).toBe(chunks)
  })

  test.for([1, 2, 3, 4, 5])(
    'finishes within 8 % of the bound, the seeder sending ≤ 1.1 F (seed %i)',
    (seed) => {
      const simulation = lan({ receivers: 8, seed })
      simulation.run(allComplete(simulation))
      expect(simulation.now / (chunks * 8)).toBeLessThan(1.08)
      expect(seeder(simulation).sent.length / chunks).toBeLessThan(1.1)
      expect(sum(receivers(simulation).map((node) => node.duplicates))).toBeLessThan(0.01 * 8 * chunks)
    },
  )

  test('completes when a receiver dies with chunks that nobody else has', () => {
    const simulation = lan({ receivers: 8 })
    simulation.run(() => seeder(simulation).sent.length >= 40)
    simulation.kill(simulation.nodes[3]!)
    simulation.run(allComplete(simulation))
    expect(simulation.now).toBeLessThan(1.3 * chunks * 8)
  })

  test('completes beside a neighbour that invites and never sends', () => {
    const simulation = lan({ receivers: 8 })
    simulation.nodes[3]!.silent = true
    simulation.run(allComplete(simulation))
    expect(simulation.now).toBeLessThan(3 * chunks * 8 + 10_000)
  })

  test('completes when the seeder dies after everything went out once', () => {
    const simulation = lan({ receivers: 8 })
    simulation.run(() => new Set(seeder(simulation).sent).size === chunks)
    simulation.kill(seeder(simulation))
    simulation.run(allComplete(simulation))
    expect(seeder(simulation).sent.length).toBeGreaterThanOrEqual(chunks)
  })

  test('one slow receiver does not hold up the others', () => {
    const simulation = lan({ receivers: 8, slower: 10 })
    const fast = receivers(simulation).filter((node) => node.id !== 5)
    simulation.run(() => fast.every((node) => node.policy.held === chunks))
    expect(simulation.now / (chunks * 8)).toBeLessThan(1.35)
  })
})

test('one receiver alone gets the file in the time of one copy', () => {
  const simulation = lan({ receivers: 1 })
  simulation.run(allComplete(simulation))
  expect(simulation.now / (chunks * 8)).toBeLessThan(1.03)
})
