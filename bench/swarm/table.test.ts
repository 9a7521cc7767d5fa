// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { runOf } from './result.fixture.ts'
import { summarise } from './result.ts'
import { describeScenario, renderTable } from './table.ts'

const scenario = { nodes: 2, size: 2 ** 20, linkRate: 12.5e6, originRate: undefined }
const run = (last: number) => runOf(last / 2, last)

describe('the table', () => {
  test('names the scenario and its bound, and has a row a system', () => {
    const text = renderTable(summarise(scenario, { ours: [run(1), run(3), run(2)], http: [run(4)] }))
    const [title, , head, ours, http] = text.split('\n')
    expect(title).toBe('2 receivers, 1.0 MiB, links 100 Mbit/s, fluid bound 0.09 s')
    expect(head).toMatch(/^SYSTEM +LAST s +SPREAD/)
    expect(ours).toMatch(/^ours +2\.00 +1\.00–3\.00 +1\.50 .* 1\.0 MiB +1\.000 +1\.000 .* 128\.0 MiB$/)
    expect(http).toMatch(/^http +4\.00 +1 run/)
  })

  test('has a dash for the stretch on links without a rate', () => {
    expect(renderTable(summarise({ ...scenario, linkRate: undefined }, { ours: [run(1)] }))).toContain(' – ')
  })
})

test('a scenario with an origin says so', () => {
  expect(describeScenario({ ...scenario, nodes: 1, originRate: 6.25e6 })).toBe(
    '1 receiver, 1.0 MiB, links 100 Mbit/s, origin 50 Mbit/s',
  )
})
