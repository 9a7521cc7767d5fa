// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { COUNTS_FILE } from './count-reporter.ts'
import { execute, failure, type Outcome } from './tool.ts'

/** Runs one project of vitest and counts its tests. */
export async function runVitest(project: string, options: readonly string[] = []): Promise<Outcome> {
  const directory = await mkdtemp(join(tmpdir(), 'patchswarm-test-'))
  try {
    const counts = join(directory, 'counts.json')
    const status = await execute(
      'vitest',
      [
        'run',
        `--project=${project}`,
        '--reporter=default',
        '--reporter=./scripts/test/count-reporter.ts',
        ...options,
      ],
      { [COUNTS_FILE]: counts },
    )
    const outcome = await readFile(counts, 'utf8').then(
      (text) => JSON.parse(text) as Outcome,
      () => failure(`${project} tests: vitest ended without counts, with status ${status}`),
    )
    // A failure outside of any test, such as in a global setup, must not go by unseen.
    if (status === 0 || outcome.failed.length > 0) return outcome
    return { ...outcome, failed: [`${project} tests: vitest ended with status ${status}`] }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
