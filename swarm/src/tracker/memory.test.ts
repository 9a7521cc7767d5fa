// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readMemory, type TrackerMemory, writeMemory } from './memory.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'patchswarm-memory-'))
})
afterEach(() => rm(folder, { recursive: true }))

const memory: TrackerMemory = {
  epoch: 7,
  site: 'here',
  membership: Uint8Array.of(1, 2, 3),
  desired: undefined,
  peers: new Map(),
  revoked: new Map([['n1', new Set(['its new peer'])]]),
}

test('an agent that starts while the tracker is away knows who is revoked', async () => {
  const file = join(folder, 'tracker.json')
  await writeMemory(file, ['operator'], memory)
  expect(await readMemory(file, ['operator'])).toMatchObject({ epoch: 7, revoked: memory.revoked })
})

test('the word of another tracker is void', async () => {
  const file = join(folder, 'tracker.json')
  await writeMemory(file, ['operator'], memory)
  expect(await readMemory(file, ['another'])).toMatchObject({ epoch: 0, revoked: new Map() })
})

test('that of one that changes its key stays', async () => {
  const file = join(folder, 'tracker.json')
  await writeMemory(file, ['old', 'new'], memory)
  expect(await readMemory(file, ['new'])).toMatchObject({ epoch: 7 })
})
