// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Ran } from './run-tests.ts'
import { isMeant, isOf, type TestName } from './test-name.ts'

/** Why the named test does not show that the defence holds; undefined when it does: it runs, and fails. */
export function gapIn(test: TestName, ran: readonly Ran[]): string | undefined {
  const ofTitle = ran.filter(({ file, title }) => file === test.file && isOf(test, title))
  const meant = ofTitle.filter(({ title }) => isMeant(test, title))
  if (meant.length === 0) return 'it does not run'
  if (meant.some(({ errors }) => errors.length === 0)) return 'it passes'
  const odd = meant.flatMap(({ errors }) => errors).find((error) => !isAssertion(error))
  if (odd !== undefined) return `it fails by something else: ${odd.split('\n', 1)[0]}`
  const others = ofTitle.filter(({ title }) => !isMeant(test, title))
  const allFail = others.length > 0 && others.every(({ errors }) => errors.length > 0)
  return allFail ? 'the whole table fails' : undefined
}

/** What is no assertion of vitest by its name: that of a promise, and a property that fast-check finds broken. */
const isAssertion = (error: string): boolean =>
  /^(AssertionError|Error: (promise resolved|Property failed))/.test(error)

/** Whether the test passes while nothing is taken away. */
export const passes = (test: TestName, ran: readonly Ran[]): boolean => {
  const meant = ran.filter(({ file, title }) => file === test.file && isMeant(test, title))
  return meant.length > 0 && meant.every(({ errors }) => errors.length === 0)
}
