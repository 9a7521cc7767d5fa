// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test, vi } from 'vitest'
import type { StoredArtifact } from '../store/index.ts'
import { quiet } from '../store/store.fixture.ts'
import { Accusations } from './accusations.ts'

/** A node that holds ten chunks, none of which can be read. */
function accused(drop: (chunk: number) => Promise<void> = async () => {}) {
  const held = new Set(Array(10).keys())
  const artifact = {
    manifest: {},
    has: (chunk: number) => held.has(chunk),
    readChunk: () => Promise.reject(new Error('EIO')),
    drop: vi.fn((chunk: number) => {
      held.delete(chunk)
      return drop(chunk)
    }),
  }
  const doubt = vi.fn(async () => {})
  const accusations = new Accusations({
    artifact: artifact as unknown as StoredArtifact,
    host: { log: quiet, doubt },
  })
  const dropped = () => artifact.drop.mock.calls.map(([chunk]) => chunk)
  const ended = () => vi.waitFor(() => expect(doubt).toHaveBeenCalledOnce(), { interval: 5 })
  return { accusations, dropped, ended }
}

test('all that could not be read is looked at, and the rest of the file hashed once', async () => {
  const { accusations, dropped, ended } = accused()
  for (const chunk of [3, 4, 3, 5, 10]) accusations.doubt(chunk)
  await ended()
  expect(dropped()).toEqual([3, 4, 5])
})

test('of what peers say one is looked at at a time', async () => {
  const { accusations, dropped, ended } = accused()
  for (const chunk of [3, 4, 5]) accusations.accuse(chunk)
  await ended()
  expect(dropped()).toEqual([3])
})

test('what is wrong is hashed again though the store cannot be told for good', async () => {
  const { accusations, dropped, ended } = accused(() => Promise.reject(new Error('ENOSPC')))
  for (const chunk of [3, 4]) accusations.doubt(chunk)
  await ended()
  expect(dropped()).toEqual([3, 4])
})
