// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startProgram } from './program.ts'

test('the word of node1 is not that of node10', async ({ onTestFinished }) => {
  const directory = await mkdtemp(join(tmpdir(), 'patchswarm-program-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const script =
    "for (const node of ['node10', 'node1']) console.log('delivered ' + node, 'at last'); process.stdin.resume()"
  const logFile = join(directory, 'log')
  const program = startProgram({ command: [process.execPath, '-e', script], env: {}, directory, logFile })
  onTestFinished(() => program.stop())
  expect(await program.line('delivered node1')).toBe('delivered node1 at last')
  expect(await program.line('delivered')).toBe('delivered node10 at last')
})
