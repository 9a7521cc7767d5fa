// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Demand, type Holder, spareCopies } from './spare-copies.ts'

const agent = (peerId: string, over: Partial<Holder> = {}): Holder => ({
  peerId,
  site: 'a',
  role: 'agent',
  sure: true,
  unwelcome: false,
  ...over,
})
const seeder = (peerId: string, over: Partial<Holder> = {}) =>
  agent(peerId, { role: 'seeder', sure: false, ...over })
const wanted: Demand = { key: 'ab'.repeat(32), minSeeders: 2, wanted: true }
const idle: Demand = { ...wanted, wanted: false }

describe('copies that nodes may evict', () => {
  test.for<{ name: string; holders: Holder[]; demand: Demand; spare: number }>([
    {
      name: 'all but two of a site while a job wants it',
      holders: ['p', 'q', 'r', 's'].map((id) => agent(id)),
      demand: wanted,
      spare: 2,
    },
    {
      name: 'a seeder counts as one of the two',
      holders: [seeder('s'), agent('p'), agent('q')],
      demand: wanted,
      spare: 1,
    },
    {
      name: 'two stay in every site',
      holders: [agent('p'), agent('q'), agent('r', { site: 'b' })],
      demand: wanted,
      spare: 0,
    },
    {
      name: 'all but one when no job wants it',
      holders: [agent('p'), agent('q'), agent('r', { site: 'b' })],
      demand: idle,
      spare: 2,
    },
    {
      name: 'all when a seeder has it and no job wants it',
      holders: [seeder('s'), agent('p')],
      demand: idle,
      spare: 1,
    },
    { name: 'the last one does not go', holders: [agent('p', { unwelcome: true })], demand: idle, spare: 0 },
    {
      name: 'all when nothing has to stay',
      holders: [agent('p')],
      demand: { ...idle, minSeeders: 0 },
      spare: 1,
    },
    {
      name: 'none before those that stay have said so',
      holders: [agent('p', { sure: false }), agent('q', { sure: false })],
      demand: idle,
      spare: 0,
    },
  ])('$name', ({ holders, demand, spare }) => {
    expect(spareCopies(holders, demand).size).toBe(spare)
  })

  test('go where they are not welcome', () => {
    const holders = ['p', 'q', 'r', 's'].map((id) => agent(id, { unwelcome: id === 'q' || id === 'r' }))
    expect([...spareCopies(holders, wanted)].sort()).toEqual(['q', 'r'])
  })

  test('stay where they are when others come that have not said yet that they keep theirs', () => {
    const settled = ['p', 'q', 'r'].map((id) => agent(id))
    const before = spareCopies(settled, wanted)
    const newcomers = Array.from({ length: 50 }, (_, at) => agent(`n${at}`, { sure: false }))
    const after = spareCopies([...settled, ...newcomers], wanted)
    expect(after.size).toBe(51)
    expect([...before].every((one) => after.has(one))).toBe(true)
  })

  test('stay on other nodes for another artifact', () => {
    const holders = Array.from({ length: 50 }, (_, index) => agent(`12D3KooW${index}`))
    const keepers = ['ab', 'cd', 'ef'].map((byte) => {
      const spare = spareCopies(holders, { ...wanted, key: byte.repeat(32) })
      return holders
        .filter(({ peerId }) => !spare.has(peerId))
        .map(({ peerId }) => peerId)
        .join()
    })
    expect(new Set(keepers).size).toBe(3)
  })
})

/** What a node knows of its own copy. */
interface Node {
  whole: boolean
  told: boolean
  knows: boolean
  unwelcome: boolean
}

/** Reports are instant here; what is late is what the tracker says: a node acts by what it has heard. */
function publish(nodes: Node[], minSeeders: number): void {
  const holders = nodes.flatMap((one, id) =>
    one.whole ? [agent(String(id), { sure: !one.knows && !one.told, unwelcome: one.unwelcome })] : [],
  )
  // Sure is who knows that it must keep its copy and has heard nothing else: `told` is what was sent last.
  const spare = spareCopies(holders, { ...wanted, minSeeders })
  for (const [id, one] of nodes.entries()) one.told = spare.has(String(id))
}

const moves: Record<string, (one: Node) => void> = {
  hears: (one) => {
    one.knows = one.told
  },
  evicts: (one) => {
    if (one.knows) one.whole = false
  },
  'minds its disk': (one) => {
    one.unwelcome = !one.unwelcome
  },
}

test('whoever evicts and whenever it hears, never fewer copies are left than have to stay', () => {
  const step = fc.record({
    node: fc.nat({ max: 2 }),
    move: fc.constantFrom(...Object.keys(moves), 'publish'),
  })
  const steps = fc.array(step, { minLength: 20, maxLength: 60 })
  const kept = fc.property(steps, fc.constantFrom(1, 2), (all, minSeeders) => {
    const nodes = [0, 1, 2].map((): Node => ({ whole: true, told: false, knows: false, unwelcome: false }))
    for (const { node, move } of all) {
      if (move === 'publish') publish(nodes, minSeeders)
      else moves[move]?.(nodes[node]!)
    }
    expect(nodes.filter(({ whole }) => whole).length).toBeGreaterThanOrEqual(minSeeders)
  })
  fc.assert(kept, { numRuns: 1000 })
})
