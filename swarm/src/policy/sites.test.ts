// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { answeredColumn, isSet } from './chunk-table.ts'
import { leanParameters as parameters } from './parameters.ts'
import { Simulation, seededRandom, siteGraph, siteOf } from './simulation/index.ts'
import { shareAnswers } from './sites.ts'
import { createPolicy, type PolicyState } from './state.ts'
import { step } from './step.ts'
import type { PolicyEvent } from './types.ts'

const chunks = 64
const feed = (state: PolicyState, ...events: PolicyEvent[]) =>
  events.flatMap((event) => step(state, event, 0, seededRandom(1)))
const node = (self: string, held: boolean, dealer = false, site = 'here') =>
  createPolicy({
    chunks,
    bitmap: new Uint8Array(chunks / 8).fill(held ? 255 : 0),
    dealer,
    now: 0,
    parameters,
    site: { name: site, self, answers: true },
  })
const joined = (
  peer: string,
  site: string,
  more: { all?: boolean; dealing?: boolean; answers?: boolean } = {},
) =>
  ({
    type: 'joined',
    peer,
    bitmap: new Uint8Array(more.all ? chunks / 8 : 0).fill(255),
    dealing: more.dealing ?? false,
    site,
    answers: more.answers,
  }) satisfies PolicyEvent
const answered = (state: PolicyState, now = 0) => {
  shareAnswers({ state, now, random: Math.random, actions: [] })
  return [...Array(chunks).keys()].filter((chunk) => isSet(state.table, answeredColumn, chunk))
}

describe('members of a site', () => {
  const names = ['a', 'b', 'c']
  const meet = (self: string, mates = names) => {
    const state = node(self, false)
    feed(state, ...mates.filter((mate) => mate !== self).map((mate) => joined(mate, 'here')))
    return state
  }

  test('answer for every chunk, each for its own', () => {
    const all = names.flatMap((name) => answered(meet(name)))
    expect(all.toSorted((a, b) => a - b)).toEqual([...Array(chunks).keys()])
  })

  test('share out what one that went answered for, and keep the rest', () => {
    const [a, b] = [meet('a'), meet('b')]
    const before = new Set([...answered(a), ...answered(b)])
    feed(a, { type: 'left', peer: 'c' })
    feed(b, { type: 'left', peer: 'c' })
    expect(new Set([...answered(a), ...answered(b)]).size).toBe(chunks)
    expect(before.size).toBeLessThan(chunks)
  })

  test('leave the chunks of those without neighbours elsewhere to the others', () => {
    const state = node('a', false)
    feed(state, joined('b', 'here', { answers: false }), joined('c', 'there'))
    expect(answered(state).length).toBe(chunks)
  })

  test('answer for their part from when they are named, before they are met', () => {
    const state = node('a', false)
    const peers = new Map(['b', 'c'].map((name) => [name, { site: 'here', answers: true }]))
    feed(state, { type: 'placed', self: { peer: 'a', site: 'here', answers: true }, peers })
    expect(answered(state)).toEqual(answered(meet('a')))
  })

  test('ask no other site for what one of their own has', () => {
    const state = node('a', false)
    feed(state, joined('x', 'there', { all: true }), joined('m', 'here', { all: true, answers: false }))
    expect(answered(state)).toEqual([])
    feed(state, { type: 'left', peer: 'm' })
    expect(answered(state)).toHaveLength(chunks)
  })

  test('do the part of one that lets them wait, until it brings something', () => {
    const state = meet('a')
    const { silenceMs } = parameters
    const own = answered(state)
    const others = answered(meet('b'))
    const at = (now: number, ...events: PolicyEvent[]) =>
      events.flatMap((event) => step(state, event, now, seededRandom(1)))
    at(0, joined('x', 'there', { all: true }))
    expect(answered(state, silenceMs - 1)).toEqual(own)
    expect(answered(state, silenceMs)).toHaveLength(chunks)
    at(silenceMs + 1, { type: 'have', peer: 'b', first: others[0]!, count: 1 })
    const left = answered(state, silenceMs + 1)
    expect(left.filter((chunk) => others.includes(chunk))).toEqual([])
    expect(left).toEqual(expect.arrayContaining(own))
    // It has its time again from then on.
    expect(answered(state, 2 * silenceMs)).toEqual(left)
    expect(answered(state, 2 * silenceMs + 1)).toEqual(
      [...Array(chunks).keys()].filter((chunk) => chunk !== others[0]),
    )
  })

  test('are not taken for silent while there is nothing to be had', () => {
    const state = meet('a')
    const own = answered(state)
    expect(answered(state, 1_000_000)).toEqual(own)
  })

  test('ask another site for no other chunks, and for two at once', () => {
    const state = meet('a')
    const invite: PolicyEvent = { type: 'invite', peer: 'x' }
    const asked = feed(state, joined('x', 'there', { all: true }), invite, invite, invite)
    expect(asked.map(({ type }) => type)).toEqual(['request', 'request', 'pass'])
    for (const action of asked) {
      if (action.type === 'request') expect(answered(state)).toContain(action.chunk)
    }
  })

  test('offer other sites one upload beside those at home, and none while a seeder of their own site deals', () => {
    const invited = (...events: PolicyEvent[]) =>
      feed(node('a', true), ...events).map((action) => JSON.stringify(action))
    const others = [joined('x', 'there'), joined('y', 'there'), joined('b', 'here'), joined('c', 'here')]
    expect(invited(...others).filter((action) => /"[xy]"/.test(action))).toHaveLength(1)
    expect(invited(...others).filter((action) => /"[bc]"/.test(action))).toHaveLength(2)
    const dealer = joined('s', 'here', { dealing: true })
    expect(invited(dealer, ...others).filter((action) => /"[xy]"/.test(action))).toEqual([])
  })
})

describe('when somebody turns out to be in another site', () => {
  const place = (peers: Record<string, string>, self = 'here') =>
    ({
      type: 'placed',
      self: { peer: 's', site: self, answers: false },
      peers: new Map(Object.entries(peers).map(([name, site]) => [name, { site, answers: true }])),
    }) satisfies PolicyEvent

  test('what it is being sent counts there, and a seeder deals it what others of its site lack', () => {
    const seeder = node('s', true, true)
    const token = (peer: string): PolicyEvent => ({ type: 'token', peer, count: 1 })
    feed(seeder, joined('b', 'here'), joined('x', 'here'), token('b'), token('x'))
    const [members, taken] = [seeder.near.members, seeder.near.taken]
    expect([members, taken]).toEqual([2, 2])
    feed(seeder, place({ b: 'here', x: 'there' }))
    expect([seeder.near.members, seeder.near.taken, seeder.far.members, seeder.far.taken]).toEqual([
      1, 1, 1, 1,
    ])
    expect(seeder.far.deck?.undealtCount).toBe(chunks)
    feed(seeder, place({ b: 'here', x: 'here' }))
    expect([seeder.near.members, seeder.near.taken, seeder.far.members, seeder.far.taken]).toEqual([
      2, 2, 0, 0,
    ])
  })

  test('or this node is: then all the others are elsewhere', () => {
    const state = node('s', true)
    feed(state, joined('b', 'here'), joined('x', 'there'))
    feed(state, place({ b: 'here', x: 'there' }, 'there'))
    expect([...state.neighbours.values()].map(({ key, across }) => [key, across])).toEqual([
      ['b', true],
      ['x', false],
    ])
    expect([...state.sites.mates.keys()]).toEqual(['x'])
  })

  test('one that was named and has gone is not waited for when the list comes again', () => {
    const state = node('s', false)
    feed(state, place({ b: 'here' }), joined('b', 'here'), { type: 'left', peer: 'b' }, place({ b: 'here' }))
    expect(state.sites.mates.size).toBe(0)
    feed(state, joined('b', 'here'))
    expect(state.sites.mates.size).toBe(1)
  })
})

test('a dealing seeder gives every chunk once to its site and once to the rest of the world', () => {
  const seeder = node('s', true, true)
  feed(seeder, joined('b', 'here'), joined('x', 'there'))
  const dealt = []
  for (let round = 0; seeder.dealing && round < 10 * chunks; round++) {
    for (const peer of ['b', 'x']) {
      for (const action of feed(seeder, { type: 'token', peer, count: 1 })) {
        if (action.type === 'send') {
          dealt.push(`${action.peer} ${action.chunk}`)
          feed(seeder, { type: 'sent', peer, chunk: action.chunk })
        }
      }
    }
  }
  expect(dealt.length).toBe(2 * chunks)
  expect(new Set(dealt).size).toBe(2 * chunks)
})

test('one copy comes into each site over a thin line', () => {
  const sizes = { receivers: 40, sites: 5, elected: 4, degree: 8 }
  const simulation = new Simulation({
    nodes: Array.from({ length: 41 }, (_, id) => ({
      up: 10,
      down: 10,
      site: siteOf(sizes, id),
      answers: siteOf(sizes, id) !== siteOf(sizes, id - sizes.elected) || id <= sizes.elected,
    })),
    edges: siteGraph(sizes, seededRandom(1)),
    sites: Array.from({ length: 5 }, () => ({ up: 1, down: 1 })),
    chunks,
    chunkBytes: 100,
    parameters,
  })
  simulation.run()
  const across = simulation.nodes.reduce((sum, { cameAcross }) => sum + cameAcross, 0)
  expect(across / chunks / 4).toBeLessThan(1.05)
  expect(simulation.now / (chunks * 100)).toBeLessThan(1.6)
})

describe('where chunks stay in their site', () => {
  const placed = (answers: boolean, ...names: string[]) =>
    ({
      type: 'placed',
      self: { peer: 'a', site: 'here', answers },
      peers: new Map(names.map((name) => [name, { site: 'there', answers: false }])),
      apart: true,
    }) satisfies PolicyEvent

  test.for([
    { who: 'a node that is alone in its site asks no other', answers: false, asks: 0 },
    { who: 'one that is open asks for all that its site lacks', answers: true, asks: chunks },
  ])('$who', ({ answers, asks }) => {
    const state = node('a', false)
    feed(state, placed(answers, 'x'), joined('x', 'there', { all: true }))
    expect(answered(state)).toHaveLength(asks)
  })

  test('nobody asks a seeder of another site to deal, until chunks may go there', () => {
    const state = node('a', false)
    const dealer = joined('x', 'there', { dealing: true })
    const tokens = (...events: PolicyEvent[]) =>
      feed(state, ...events).filter(({ type }) => type === 'token').length
    expect(tokens(placed(false, 'x'), dealer)).toBe(0)
    expect(tokens({ ...placed(false, 'x'), apart: false })).toBe(1)
  })

  test('a seeder deals to its own site alone, and has dealt when that has everything', () => {
    const state = node('a', true, true)
    const token = (peer: string): PolicyEvent => ({ type: 'token', peer, count: 4 })
    const sent = feed(state, placed(false, 'x'), joined('b', 'here'), joined('x', 'there'), token('x'))
    expect(sent.filter(({ type }) => type === 'send')).toEqual([])
    expect(feed(state, token('b')).some(({ type }) => type === 'send')).toBe(true)
    expect(state.dealing).toBe(true)
    const alone = node('a', true, true)
    feed(alone, placed(false, 'x'), joined('x', 'there'))
    expect(alone.dealing).toBe(false)
  })
})
