// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sha256Of } from '../lab/src/distribution/index.ts'
import { writeRandom } from './random-file.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'random-file-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

test.for([0, 1, 4 * 2 ** 20 + 1])(
  'a file of %d random bytes has that length and the digest that is given',
  async (size) => {
    const file = join(directory, String(size))
    const sha256 = await writeRandom(file, size)
    expect((await stat(file)).size).toBe(size)
    expect(await sha256Of(file)).toBe(sha256)
  },
)
