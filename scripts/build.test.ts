// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { bundle } from './build.ts'

test('the agent is one file that runs by itself, away from everything that it was made of', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'patchswarm-build-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const { agent } = await bundle(directory)
  const run = promisify(execFile)(process.execPath, [agent ?? ''], { cwd: directory, env: {} })
  // All of it is loaded before the configuration is found to be missing.
  await expect(run).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('PATCHSWARM_ROLE') })
})
