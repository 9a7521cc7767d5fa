// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { UnprovenChunks } from './unproven-chunks.ts'

const MiB = 2 ** 20

/** A stretch of a file, an artifact that notes what is stored of it, and a seeder that signs when the test says so. */
function stretch({ start = 0, end = 25, chunkSize = 10, held = [] as number[] } = {}) {
  const stored = new Map<number, string>()
  const stated: number[] = []
  const seeder = Promise.withResolvers<void>()
  const sink = new UnprovenChunks({
    artifact: {
      has: (chunk) => held.includes(chunk),
      writeChunk: async (chunk, bytes) => {
        stored.set(chunk, Buffer.from(bytes).toString())
        return [chunk]
      },
    },
    size: end,
    chunkSize,
    start,
    end,
    state: (chunk, digest) => {
      stated.push(chunk)
      expect(digest).toHaveLength(hash('sha256', '', 'buffer').length)
      return seeder.promise
    },
  })
  return { sink, stored, stated, seeder }
}

test('a chunk is stored when it is signed, and not before', async () => {
  const { sink, stored, stated, seeder } = stretch()
  await sink.write(Buffer.from('0123456789abc'))
  await sink.write(Buffer.from('defghijABCDE'))
  expect([stated, stored.size, sink.offset]).toEqual([[0, 1, 2], 0, 25])
  seeder.resolve()
  await sink.settle()
  expect([...stored]).toEqual([
    [0, '0123456789'],
    [1, 'abcdefghij'],
    [2, 'ABCDE'],
  ])
})

test('what a peer has brought meanwhile is passed over', async () => {
  const { sink, stored, stated, seeder } = stretch({ start: 10, held: [1] })
  seeder.resolve()
  await sink.write(Buffer.from('abcdefghijABCDE'))
  await sink.settle()
  expect([stated, [...stored.keys()]]).toEqual([[2], [2]])
})

test('the origin waits while too much waits for a signature', async () => {
  const { sink, seeder } = stretch({ end: 20 * MiB, chunkSize: MiB })
  let taken = 0
  const reading = (async () => {
    for (; taken < 20; taken += 1) await sink.write(Buffer.alloc(MiB))
  })()
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
  expect(taken).toBeLessThan(10)
  seeder.resolve()
  await reading
  await sink.settle()
  expect(taken).toBe(20)
})

test('a seeder that is left behind fails the stretch', async () => {
  const { sink, stored, seeder } = stretch()
  await sink.write(Buffer.from('0123456789'))
  seeder.reject(new Error('this node has left the swarm'))
  await expect(sink.settle()).rejects.toThrow('left the swarm')
  expect(stored.size).toBe(0)
})
