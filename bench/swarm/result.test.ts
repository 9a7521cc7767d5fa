// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { median, type Run, summarise } from './result.ts'

const scenario = { nodes: 2, size: 1e9, linkRate: 125e6, originRate: undefined }
const run: Run = {
  nodeSeconds: [10, 12],
  sentBySource: 1.5e9,
  sourceLink: 1.5e9,
  received: 2.2e9,
  sentByReceivers: [0, 5e8],
  cpuSeconds: { receivers: 6, seed: 2, others: 0 },
  peakRssBytes: 100,
}

describe('the result of a system', () => {
  test('is that of its runs, in ratios', () => {
    const { fluidBoundSeconds, systems } = summarise(scenario, { ours: [run], broken: [] })
    const bound = 8 / (1448 / 1514)
    expect(fluidBoundSeconds).toBeCloseTo(bound)
    expect(Object.keys(systems)).toEqual(['ours'])
    expect(systems.ours).toMatchObject({
      makespanSeconds: 12,
      medianSeconds: 11,
      originAmplification: 1.5,
      cpuSecondsPerGB: { receivers: 3, seed: 1 },
      runs: [{ receivedRatio: 1.1 }],
    })
    expect(systems.ours!.stretch).toBeCloseTo(12 / bound)
  })

  test('is the median over runs, so that one disturbed run does not count', () => {
    const slow = { ...run, nodeSeconds: [90, 100] }
    const { systems } = summarise(scenario, { ours: [run, slow, run] })
    expect(systems.ours).toMatchObject({ makespanSeconds: 12, medianSeconds: 11 })
    expect(systems.ours!.runs).toHaveLength(3)
  })

  test('has no stretch on links without a rate', () => {
    const { fluidBoundSeconds, systems } = summarise({ ...scenario, linkRate: undefined }, { ours: [run] })
    expect(fluidBoundSeconds).toBeNull()
    expect(systems.ours!.stretch).toBeNull()
  })
})

test.for([
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2.5],
  [[7], 7],
] as const)('the median of %j is %d', ([values, expected]) => {
  expect(median(values)).toBe(expected)
})
