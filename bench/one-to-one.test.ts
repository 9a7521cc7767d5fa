// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { goalsOf } from './one-to-one.ts'
import { summarise } from './swarm/result.ts'

const scenario = { nodes: 1, size: 1e9, linkRate: undefined, originRate: undefined }
const run = (seconds: number, cpu: number) => ({
  nodeSeconds: [seconds],
  sentBySource: 1e9,
  sourceLink: 1e9,
  received: 1e9,
  sentByReceivers: [0],
  cpuSeconds: { receivers: cpu, seed: 1, others: 0 },
  peakRssBytes: 1,
})

test('patchswarm is held against each of the others, and its CPU time at both ends against that of libtorrent', () => {
  const result = summarise(scenario, {
    patchswarm: [run(2, 3)],
    helia: [run(10, 20)],
    libtorrent: [run(1.9, 4)],
    aria2: [run(3, 1)],
  })
  expect(goalsOf(result)).toEqual([
    { what: 'times as fast as helia', wanted: '≥ 4.00', found: '5.00', met: true },
    { what: 'times as fast as libtorrent', wanted: '≥ 1.00', found: '0.95', met: false },
    { what: 'times as fast as aria2', wanted: '≥ 1.00', found: '1.50', met: true },
    { what: "libtorrent's CPU seconds per GB, both ends", wanted: '≤ 0.80', found: '0.80', met: true },
  ])
})

test('systems that are not on this machine are no goal', () => {
  expect(goalsOf(summarise(scenario, { patchswarm: [run(2, 3)] }))).toEqual([])
  expect(goalsOf(summarise(scenario, { aria2: [run(2, 3)] }))).toEqual([])
})
