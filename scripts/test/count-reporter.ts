// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { SerializedError } from 'vitest'
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { type Outcome, ROOT } from './tool.ts'

/** Where the counts are written, as the JSON of an `Outcome`. */
export const COUNTS_FILE = 'PATCHSWARM_TEST_COUNTS'

/** Counts tests for scripts/test.ts, with the reason of every skip, which vitest's own JSON report leaves out. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const file = process.env[COUNTS_FILE]
    if (file) writeFileSync(file, JSON.stringify(count(modules, unhandledErrors)))
  }
}

function count(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): Outcome {
  const tests = modules.flatMap((module) => [...module.children.allTests()])
  const inState = (state: string) => tests.filter((test) => test.result().state === state)
  // A file that does not even load, or whose hooks fail, counts as one failure.
  const broken = modules.filter((module) => module.errors().length > 0)
  return {
    passed: inState('passed').length,
    failed: inState('failed').length + broken.length + (unhandledErrors.length > 0 ? 1 : 0),
    skipped: inState('skipped').map(describeSkip),
  }
}

function describeSkip(test: TestCase): string {
  const result = test.result()
  const reason = result.state === 'skipped' && result.note ? result.note : 'no reason given'
  return `${relative(ROOT, test.module.moduleId)}: ${test.fullName}: ${reason}`
}
