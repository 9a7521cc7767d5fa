// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect } from 'vitest'
import { slow } from './artifacts.ts'
import { bytesOf, ingest, join, joinAs, type Member, randomFile, type TestPeers } from './peers.ts'

export const chunkSize = 64 * 1024

/**
 * A seeder with a file, and agents that want it; nobody knows of anybody yet.
 * @param chunkMs what the seeder takes for each chunk
 */
export async function swarmOf(peers: TestPeers, agents: number, chunks: number, chunkMs = 0) {
  const file = randomFile(chunks * chunkSize - 100)
  const seeder = await peers.start({ role: 'seeder' })
  const seeded = await ingest(seeder, file, chunkSize)
  const members = [await join(seeder, chunkMs === 0 ? seeded : slow(seeded, chunkMs))]
  for (let i = 0; i < agents; i++) {
    members.push(await joinAs(await peers.start(), seeded))
  }
  return { file, seeded, members }
}

export const completed = (members: readonly Member[]) => Promise.all(members.map((member) => member.complete))

export async function expectWhole(members: readonly Member[], file: Buffer): Promise<void> {
  for (const member of members) {
    expect(Buffer.compare(await bytesOf(member), file)).toBe(0)
  }
}
