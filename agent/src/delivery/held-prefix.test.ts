// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { CacheFileError } from '@patchswarm/swarm/delivery'
import { expect, test } from 'vitest'
import { heldPrefix } from './held-prefix.ts'

/** Four chunks of ten bytes, the last of five. */
function artifact() {
  const held = new Set<number>()
  const listeners = new Set<(indexes: readonly number[]) => void>()
  return {
    chunks: 4,
    has: (index: number) => held.has(index),
    chunkLength: (index: number) => (index === 3 ? 5 : 10),
    onHeld(listener: (indexes: readonly number[]) => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    hold(...indexes: number[]) {
      for (const index of indexes) held.add(index)
      for (const listener of listeners) listener(indexes)
    },
    listeners,
  }
}

const never = new AbortController().signal

test('bytes behind a gap do not count before it is closed', async () => {
  const growing = artifact()
  growing.hold(0, 2)
  const grown = heldPrefix(growing, 35, never)
  expect(await grown(0)).toBe(10)
  const more = grown(10)
  growing.hold(3)
  growing.hold(1)
  expect(await more).toBe(35)
  expect(growing.listeners.size).toBe(0)
})

test('a wait ends with its signal, and nobody listens any more', async () => {
  const growing = artifact()
  const stop = new AbortController()
  const waiting = heldPrefix(growing, 35, stop.signal)(0)
  stop.abort(new Error('stopping'))
  await expect(waiting).rejects.toThrow('stopping')
  expect(growing.listeners.size).toBe(0)
})

test('what is given up after its beginning was read is not taken for all of it', async () => {
  const growing = artifact()
  growing.hold(0)
  const grown = heldPrefix(growing, 35, never)
  expect(await grown(0)).toBe(10)
  growing.chunks = 0
  await expect(grown(10)).rejects.toThrow(CacheFileError)
})
