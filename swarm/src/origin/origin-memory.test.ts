// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { OriginMemory } from './origin-memory.ts'

const MiB = 2 ** 20
const url = 'http://origin/file.bin'
let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'patchswarm-origin-memory-'))
  file = join(folder, 'origin')
})

afterEach(() => rm(folder, { recursive: true }))

test('the version that was read, the bytes that were read and those that may be read outlive the process', async () => {
  const before = await OriginMemory.open(file)
  before.pins.set(url, { etag: '"v1"' })
  await before.keep()
  before.leave.bytes = 77
  before.count(3 * MiB)
  before.count(3 * MiB + 5)
  await before.keep()
  const after = await OriginMemory.open(file)
  expect(after.pins).toEqual(new Map([[url, { etag: '"v1"' }]]))
  expect(after.bytesRead).toBe(3 * MiB + 5)
  expect(after.leave.bytes).toBe(77)
})

test('a killed process has forgotten less than a MiB', async () => {
  const before = await OriginMemory.open(file)
  for (let bytes = 0; bytes <= 5.5 * MiB; bytes += MiB / 4) before.count(bytes)
  // Writes go in turn: this one ends after those that the counting began.
  await expect.poll(async () => (await OriginMemory.open(file)).bytesRead).toBeGreaterThan(4.5 * MiB)
})

test('a damaged file knows nothing', async () => {
  await writeFile(file, '{"pins": ')
  const memory = await OriginMemory.open(file)
  expect([memory.pins.size, memory.bytesRead, memory.leave.bytes]).toEqual([0, 0, 0])
})
