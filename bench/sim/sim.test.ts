// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { leanParameters } from '../../swarm/src/policy/index.ts'
import { boundMs } from './lines.ts'
import { linkNodes } from './links.ts'
import { renderList } from './list.ts'
import { parseOptions } from './options.ts'
import { renderTable, summarise } from './result.ts'
import { simulate } from './simulate.ts'

const options = (...args: string[]) => parseOptions(args)

describe('the options of the simulator', () => {
  test('are a LAN of eight when left out', () => {
    expect(options()).toMatchObject({
      scenarios: [{ nodes: 8, size: 2 ** 28, chunk: 2 ** 18, rate: 12.5e6, seederRate: 12.5e6 }],
      seeds: 5,
      check: false,
    })
  })

  test('name rows of the table', () => {
    expect(options('--scenario', 'J,B').scenarios.map(({ name }) => name)).toEqual([
      'J 4 of 8 late',
      'B 1 MiB',
      'B 256 KiB',
    ])
  })

  test('give receivers lines in turn', () => {
    expect(options('--lines', '8Mbit,16Mbit/4Mbit').scenarios[0]?.lines).toEqual([
      { down: 1e6, up: 1e6 },
      { down: 2e6, up: 0.5e6 },
    ])
  })

  test('can be listed, every row of the table with its number', () => {
    expect(renderList()).toMatch(/S-10000 +S 20 × 500 +10000 +1\.0 GiB/)
    expect(renderList()).toMatch(/100, 50, 20, 10/)
  })

  test.for([
    ['an unknown row', ['--scenario', 'Z'], '"Z" is none of A, C'],
    ['too many nodes', ['--nodes', '10001'], '--nodes takes a whole number from 1 to 10000'],
    ['more slow nodes than there are', ['--slow', '8'], '--slow takes'],
    ['a check of nothing published', ['--check'], '--check needs --scenario'],
    ['a rate without its unit', ['--rate', '5'], '--rate'],
  ] as const)('are refused with a reason: %s', ([, args, message]) => {
    expect(() => parseOptions(args)).toThrow(message)
  })
})

const small = {
  parameters: leanParameters,
  name: 'small',
  nodes: 8,
  size: 2 ** 26,
  chunk: 2 ** 20,
  rate: 12.5e6,
}

test('the bound of unequal lines is that of the slowest that counts, or of all uplinks together', () => {
  const lines = [
    { down: 10e6, up: 1e6 },
    { down: 5e6, up: 1e6 },
  ]
  const scenario = { ...small, lines }
  expect(boundMs(scenario)).toBeCloseTo((8 * 2 ** 26) / 20.5e3)
  expect(boundMs({ ...scenario, nodes: 2 })).toBeCloseTo(2 ** 26 / 5e3)
  expect(boundMs({ ...scenario, nodes: 2, slow: { count: 1, factor: 10 } })).toBeCloseTo(2 ** 26 / 1e3)
})

test('only those that the tracker elects know nodes of other sites', () => {
  const { edges, elected } = linkNodes({ ...small, nodes: 200, sites: { count: 4, rate: 1e6 } }, 1)
  const across = edges.filter(([a, b]) => a > 0 && Math.floor((a - 1) / 50) !== Math.floor((b - 1) / 50))
  expect(elected.size).toBe(32)
  expect(across.length).toBeGreaterThan(0)
  expect(across.every(([a, b]) => elected.has(a) && elected.has(b))).toBe(true)
})

test('a liar is found out, and its own time does not count', () => {
  const run = simulate({ ...small, lying: 1 }, 1)
  expect(run.wrong).toBeGreaterThan(0)
  expect(run.wrong).toBeLessThan(0.06)
  expect(run.last).toBeLessThan(1.2)
})

test('the slow node is not counted, and the others hardly notice it', () => {
  const run = simulate({ ...small, slow: { count: 1, factor: 10 }, fastOnly: true }, 1)
  expect(run.last).toBeGreaterThan(1)
  expect(run.last).toBeLessThan(1.4)
})

test('a scenario is fitted when its median is within 2 % of the published number', () => {
  const runs = [1, 2, 3].map((seed) => simulate(small, seed))
  const { last } = summarise(small, runs)
  expect(summarise({ ...small, published: last * 1.019 }, runs).fits).toBe(true)
  const far = summarise({ ...small, published: last * 1.03 }, runs)
  expect(far.fits).toBe(false)
  expect(renderTable([far], true)).toMatch(/-2\.9 % +NO/)
  expect(summarise(small, runs)).toMatchObject({ deviation: null, fits: null })
})
