// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { niceStep, plot } from './plot.ts'
import { summarise } from './result.ts'

const scenario = { nodes: 2, size: 1e6, linkRate: 125e3, originRate: undefined }
const run = (...nodeSeconds: number[]) => ({
  nodeSeconds,
  sentBySource: 0,
  sourceLink: 0,
  received: 0,
  sentByReceivers: [],
  cpuSeconds: { receivers: 0, seed: 0, others: 0 },
  peakRssBytes: 0,
})

describe('the plot', () => {
  test('has a staircase a system that steps up whenever a node is complete', () => {
    const svg = plot(summarise(scenario, { ours: [run(10, 5)], http: [run(10, 10)] }))
    // 540 wide for 10 s, 320 high for 2 nodes.
    expect(svg).toContain('d="M60 370H330V210H600V50"')
    expect(svg).toContain('d="M60 370H600V210H600V50"')
    expect(svg).toContain('>fluid bound<')
  })

  test('shows the run in the middle of several', () => {
    const svg = plot(summarise(scenario, { ours: [run(1, 1), run(10, 5), run(10, 9.9), run(40, 40)] }))
    expect(svg.match(/<path d="M60 \d+H/g)).toHaveLength(1)
    expect(svg).not.toContain('NaN')
  })

  test('takes names as text', () => {
    expect(plot(summarise(scenario, { '<b>&': [run(1, 1)] }))).toContain('&#60;b&#62;&#38;')
  })
})

test.for([
  [10, 1],
  [22, 5],
  [0.9, 0.1],
  [180, 20],
] as const)('an axis of %d s has a step of %d s', ([longest, step]) => {
  expect(niceStep(longest)).toBeCloseTo(step)
})
