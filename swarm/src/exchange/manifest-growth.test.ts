// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { decodePart, GrowingManifest } from '../manifest/index.ts'
import { ManifestGrowth, type ManifestGrowthInit } from './manifest-growth.ts'
import { type Message, mostFrameBytes, type Range } from './messages.ts'
import type { Session } from './session.ts'

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
