// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { bundle, type Program } from './build.ts'

test.for<[Program, string]>([
  ['agent', 'PATCHSWARM_ROLE is missing'],
  ['operator', 'PATCHSWARM_POD_NAME is missing'],
  ['hooks', 'say uninstall or default-profile'],
])(
  '%s is one file that runs by itself, away from everything that it was made of',
  async ([program, says]) => {
    const directory = await mkdtemp(join(tmpdir(), 'patchswarm-build-'))
    onTestFinished(() => rm(directory, { recursive: true, force: true }))
    const { file, modules } = await bundle(program, directory)
    const run = promisify(execFile)(process.execPath, [file], { cwd: directory, env: {} })
    // All of it is loaded before the configuration is found to be missing.
    await expect(run).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(says) })
    // What helia installs beside what we use: hundreds of megabytes, of which nothing may come along.
    expect(modules.length).toBeGreaterThan(100)
    const unwanted = /node_modules\/.*(webrtc|datachannel|kad-dht|bootstrap|upnp|delegated)/
    expect(modules.filter((path) => unwanted.test(path) || path.endsWith('.node'))).toEqual([])
  },
)
