// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { patternOf, projectOf, type TestName } from './test-name.ts'

/** A test that has run. */
export interface Ran {
  /** Path in the repository. */
  readonly file: string
  readonly title: string
  /** Empty when it has passed. */
  readonly errors: readonly string[]
}

interface Report {
  testResults: {
    name: string
    assertionResults: { title: string; status: string; failureMessages: string[] }[]
  }[]
}

/** Runs these tests, which are all of one project. @returns those that ran; none when their file does not load */
export async function runTests(
  directory: string,
  tests: readonly TestName[],
  signal: AbortSignal,
): Promise<Ran[]> {
  const report = join(directory, 'report.json')
  await rm(report, { force: true })
  const child = spawn(
    join(directory, 'node_modules', '.bin', 'vitest'),
    [
      'run',
      ...new Set(tests.map((test) => `--project=${projectOf(test)}`)),
      '--maxWorkers=2',
      '--reporter=json',
      `--outputFile=${report}`,
      `--testNamePattern=(${tests.map(patternOf).join('|')})$`,
      ...new Set(tests.map(({ file }) => file)),
    ],
    { cwd: directory, stdio: 'ignore', signal, killSignal: 'SIGINT' },
  )
  // When it is stopped, too: only then nobody uses the copy any more. What went wrong shows in a report that is missing.
  child.on('error', () => {})
  await new Promise((resolve) => child.once('close', resolve))
  signal.throwIfAborted()
  return resultsIn(JSON.parse(await readFile(report, 'utf8')), directory)
}

const resultsIn = ({ testResults }: Report, directory: string): Ran[] =>
  testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'passed' || status === 'failed')
      .map(({ title, failureMessages }) => ({
        file: name.slice(directory.length + 1),
        title,
        errors: failureMessages,
      })),
  )
