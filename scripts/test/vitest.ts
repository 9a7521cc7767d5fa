// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { execute, type Outcome, ROOT } from './tool.ts'

/** The part of vitest's JSON report that is read here. */
interface Report {
  testResults: {
    name: string
    status: string
    assertionResults: { fullName: string; status: string; meta?: { skipReason?: string } }[]
  }[]
}

/** Runs one project of vitest and counts its tests; a file that does not even load counts as one failure. */
export async function runVitest(project: string, options: readonly string[] = []): Promise<Outcome> {
  const directory = await mkdtemp(join(tmpdir(), 'patchswarm-test-'))
  try {
    const outputFile = join(directory, 'report.json')
    const status = await execute('vitest', [
      'run',
      `--project=${project}`,
      '--passWithNoTests',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${outputFile}`,
      ...options,
    ])
    const report = await readFile(outputFile, 'utf8').then(
      (text) => JSON.parse(text) as Report,
      () => undefined,
    )
    const outcome = report ? count(report) : { passed: 0, failed: 0, skipped: [] }
    // An error outside of any test must not go by unseen.
    return status !== 0 && outcome.failed === 0 ? { ...outcome, failed: 1 } : outcome
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function count(report: Report): Outcome {
  const tests = report.testResults.flatMap((file) =>
    file.assertionResults.map((test) => ({ ...test, file: file.name })),
  )
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  )
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failed: tests.filter(({ status }) => status === 'failed').length + broken.length,
    skipped: tests
      .filter(({ status }) => !['passed', 'failed'].includes(status))
      .map(({ file, fullName, meta }) =>
        [`${relative(ROOT, file)}: ${fullName.trim()}`, meta?.skipReason].filter(Boolean).join(': '),
      ),
  }
}
