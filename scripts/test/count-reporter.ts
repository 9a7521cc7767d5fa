// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { SerializedError } from 'vitest'
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { type Outcome, ROOT } from './tool.ts'

/** Where the counts are written, as the JSON of an `Outcome`. */
export const COUNTS_FILE = 'PATCHSWARM_TEST_COUNTS'

/** Counts tests for scripts/test.ts, with the reason of every failure and skip, and of what failed only once. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const file = process.env[COUNTS_FILE]
    if (file) writeFileSync(file, JSON.stringify(count(modules, unhandledErrors)))
  }
}

const names = (modules: readonly TestModule[]) => modules.map(({ moduleId }) => relative(ROOT, moduleId))

function count(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): Outcome {
  const tests = modules.flatMap((module) => [...module.children.allTests()])
  const inState = (state: string) => tests.filter((test) => test.result().state === state)
  // A file that does not even load, or whose hooks fail, counts as one failure.
  const broken = modules.filter((module) => module.errors().length > 0)
  return {
    passed: inState('passed').length,
    failed: [
      ...inState('failed').map(describeFailure),
      ...names(broken).map((name) => `${name}: did not load, or a hook of it failed`),
      ...unhandledErrors.slice(0, 1).map((error) => `outside of any test: ${error.message}`),
    ],
    skipped: inState('skipped').map(describeSkip),
    flaky: tests.filter((test) => test.diagnostic()?.flaky).map(describeFailure),
  }
}

function describeFailure(test: TestCase): string {
  const [error] = test.result().errors ?? []
  return `${nameOf(test)}: ${error?.message.split('\n', 1)[0]}`
}

const nameOf = (test: TestCase) => `${relative(ROOT, test.module.moduleId)}: ${test.fullName}`

function describeSkip(test: TestCase): string {
  const result = test.result()
  const reason = result.state === 'skipped' && result.note ? result.note : 'no reason given'
  return `${nameOf(test)}: ${reason}`
}
