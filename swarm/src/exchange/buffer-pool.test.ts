// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { BufferPool } from './buffer-pool.ts'

const KIB = 1024

test('room is used again for a chunk of another length, and each buffer is as long as asked for', () => {
  const pool = new BufferPool()
  const first = pool.take(250 * KIB)
  pool.give(first)
  const second = pool.take(200 * KIB + 1)
  expect(second.length).toBe(200 * KIB + 1)
  expect(second.buffer).toBe(first.buffer)
})

test('a chunk does not take a room that is more than twice its own', () => {
  const pool = new BufferPool()
  const large = pool.take(1024 * KIB)
  pool.give(large)
  expect(pool.take(300 * KIB).buffer).not.toBe(large.buffer)
  expect(pool.take(600 * KIB).buffer).toBe(large.buffer)
})

test('no more rooms are kept than it may keep, and none is handed out twice', () => {
  const pool = new BufferPool(2)
  const buffers = [1, 2, 3].map(() => pool.take(64 * KIB))
  for (const buffer of buffers) pool.give(buffer)
  const again = new Set([1, 2, 3].map(() => pool.take(64 * KIB).buffer))
  expect(again.size).toBe(3)
  expect(again.has(buffers[0]!.buffer)).toBe(false)
  expect(again.has(buffers[2]!.buffer)).toBe(true)
})
