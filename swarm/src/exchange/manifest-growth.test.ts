// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test, vi } from 'vitest'
import { createIdentity } from '../identity/index.ts'
import { decodePart, GrowingManifest } from '../manifest/index.ts'
import type { StoredArtifact } from '../store/index.ts'
import { ManifestGrowth, type ManifestGrowthInit } from './manifest-growth.ts'
import { type Message, mostFrameBytes, type Range } from './messages.ts'
import type { Session } from './session.ts'

const outline = { size: 95, chunkSize: 10 }
const seeder = createIdentity()

/** A seeder that knows nothing of the file yet and signs what `reader` reads. */
function growthOf(over: Partial<StoredArtifact>) {
  const artifact = {
    growing: undefined as GrowingManifest | undefined,
    signers: new Map(),
    has: () => false,
    grow: async () => {
      artifact.growing = new GrowingManifest(outline.size, outline.chunkSize)
    },
    ...over,
  }
  const onStoreError = vi.fn()
  const growth = new ManifestGrowth({
    selfId: seeder.peerId,
    sign: (bytes) => seeder.sign(bytes),
    membership: () => new Uint8Array(),
    verifyMember: () => expect.unreachable(),
    random: Math.random,
    now: () => 0,
    swarmId: new Uint8Array(32),
    artifact: artifact as unknown as StoredArtifact,
    sessions: new Map(),
    knowsCid: () => false,
    onBegun: () => {},
    onGrown: () => {},
    onGivenUp: () => {},
    onLiar: () => {},
    onStoreError,
  })
  growth.collection.set({ ...outline, readers: new Set(['reader']), generation: 1 })
  return { growth, onStoreError }
}

test('a part that the store does not take while the manifest begins is told, and ends nothing', async () => {
  const failure = new Error('no such leaf')
  const { growth, onStoreError } = growthOf({
    addPart: () => {
      throw failure
    },
  })
  const reader = { peerId: 'reader', membership: { node: 'n1' } } as Session
  growth.takeLeaves(reader, { type: 'leaves', ...outline, first: 0, digests: new Uint8Array(32) })
  await vi.waitFor(() => expect(onStoreError).toHaveBeenCalledExactlyOnceWith(failure), { interval: 5 })
  growth.stop()
})

test('a seeder that is asked for as many runs of leaves as fit a frame answers what it has read of them, without delay', () => {
  const chunks = 1 << 19
  const growing = new GrowingManifest(chunks, 1, 1)
  for (const leaf of [0, 1, 2, chunks - 1]) growing.note(leaf, Buffer.alloc(32, leaf))
  const growth = new ManifestGrowth({
    artifact: { growing, signers: new Map() },
    sign: () => new Uint8Array(64),
    swarmId: new Uint8Array(32),
    membership: () => new Uint8Array(),
  } as unknown as ManifestGrowthInit)
  const told: Message[] = []
  const session = { link: { send: (message: Message) => told.push(message) } } as unknown as Session
  growth.answer(
    session,
    Array.from({ length: mostFrameBytes / 8 }, (_, i): Range => [2 * i, 1]),
  )
  const parts = told.flatMap((message) => (message.type === 'part' ? [decodePart(message.part, 'self')] : []))
  expect(parts.map(({ first }) => first)).toEqual([0, 2])
})
