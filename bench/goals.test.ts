// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { atLeast, atMost, renderGoals } from './goals.ts'

test.for([
  ['a number at its limit', atMost('x', 2, 2), true],
  ['one above it', atMost('x', 2.1, 2), false],
  ['one that could not be measured', atMost('x', Number.NaN, 2), false],
  ['a number that is as great as it should be', atLeast('x', 2, 2), true],
  ['one that is not', atLeast('x', 1.9, 2), false],
] as const)('%s: met or not', ([, goal, met]) => {
  expect(goal.met).toBe(met)
})

test('goals stand under each other with what was found', () => {
  const [, head, first] = renderGoals([atMost('what others lose', 0.5, 0.05, (share) => `${100 * share} %`)])
  expect(head).toMatch(/^GOAL +WANTED +FOUND +MET$/)
  expect(first).toMatch(/^what others lose +≤ 5 % +50 % +NO$/)
  expect(renderGoals([])).toEqual([])
})
