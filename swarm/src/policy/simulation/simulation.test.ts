// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { leanParameters as parameters } from '../parameters.ts'
import type { SimulationInit } from './init.ts'
import { seededRandom } from './random.ts'
import { Simulation } from './simulation.ts'
import { chain, fullMesh, isElected, randomGraph, siteGraph, siteOf, star } from './topology.ts'

/** A chunk takes 100 ms of a line. */
const chunkBytes = 100
const swarm = (receivers: number, chunks: number, more: Partial<SimulationInit> = {}) => {
  const simulation = new Simulation({
    nodes: Array.from({ length: receivers + 1 }, () => ({ up: 1, down: 1 })),
    edges: fullMesh(receivers + 1),
    chunks,
    chunkBytes,
    parameters,
    ...more,
  })
  simulation.run()
  return { simulation, stretch: simulation.now / (chunks * chunkBytes) }
}

describe('what can be worked out by hand', () => {
  test('one receiver takes the time of the file', () => {
    expect(swarm(1, 256).stretch).toBeCloseTo(1, 3)
  })

  test('in a chain of eight every node but the first adds the time of a chunk', () => {
    expect(swarm(8, 256, { edges: chain(9) }).stretch).toBeCloseTo(1 + 7 / 256, 2)
  })

  test('a seeder in the middle of a star sends everything eight times', () => {
    const { simulation, stretch } = swarm(8, 128, { edges: star(9) })
    expect(stretch).toBeCloseTo(8, 2)
    expect(simulation.nodes[0]!.sent.length).toBe(8 * 128)
  })
})

test('the same seed gives the same run, another seed another', () => {
  const times = (seed: number) => swarm(8, 32, { seed }).simulation.nodes.map((node) => node.completedAt)
  expect(times(3)).toEqual(times(3))
  expect(times(3)).not.toEqual(times(4))
})

const sizes = { receivers: 40, sites: 4, elected: 3, degree: 6 }
const inSites: Partial<SimulationInit> = {
  nodes: Array.from({ length: 41 }, (_, id) => ({
    up: 10,
    down: 10,
    site: siteOf(sizes, id),
    answers: isElected(sizes, id),
  })),
  edges: siteGraph(sizes, seededRandom(1)),
  sites: Array.from({ length: 4 }, () => ({ up: 1, down: 1 })),
}

test.for([
  ['of one site', { edges: randomGraph(41, 12, seededRandom(1)) }],
  ['of four sites', inSites],
] as const)('a run %s is the same when every HAVE is told at once', ([, where]) => {
  const run = (promptNews: boolean) =>
    swarm(40, 32, { ...where, promptNews }).simulation.nodes.map((node) => [
      node.completedAt,
      node.messages,
      node.sent,
    ])
  expect(run(false)).toEqual(run(true))
})

test.for([1, 2, 3])('with seed %i eight nodes need 1.03 times the bound for 256 chunks, ± 2 %%', (seed) => {
  expect(Math.abs(swarm(8, 256, { seed }).stretch / 1.03 - 1)).toBeLessThan(0.02)
})

test('those that come late get the file in its own time, and the dead keep nobody from it', () => {
  const nodes = Array.from({ length: 9 }, (_, id) => ({
    up: 1,
    down: 1,
    joinsAt: id > 6 ? 3200 : 0,
    diesAt: id === 2 ? 1500 : undefined,
  }))
  const { simulation, stretch } = swarm(8, 64, { nodes })
  expect(stretch).toBeGreaterThan(1.5)
  expect(stretch).toBeLessThan(1.7)
  expect(simulation.nodes.filter((node) => node.completedAt !== undefined).length).toBe(7)
})

test('a liar costs each neighbour two chunks and is spoken to no more', () => {
  const nodes = Array.from({ length: 9 }, (_, id) => ({
    up: 1,
    down: 1,
    lies: id === 3,
    awaited: id > 0 && id !== 3,
  }))
  const { simulation, stretch } = swarm(8, 256, { nodes })
  const honest = simulation.nodes.filter(({ id, lies }) => id > 0 && !lies)
  expect(honest.every(({ refused }) => refused >= 2 && refused <= 4)).toBe(true)
  expect(honest.every(({ policy }) => !policy.neighbours.has(3))).toBe(true)
  expect(stretch).toBeLessThan(1.08)
})

test('a random graph has the degree that was asked for and is in one piece', () => {
  const edges = randomGraph(200, 16, seededRandom(1))
  expect(edges.length).toBe(1600)
  expect(new Set(edges.map(([a, b]) => Math.min(a, b) * 200 + Math.max(a, b))).size).toBe(1600)
})
