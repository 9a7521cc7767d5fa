// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { open } from 'node:fs/promises'
import type { Chunking } from '@patchswarm/swarm/manifest'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { bytesOf, ingest, introduce, join, joinAs, randomFile, TestPeers } from '../support/peers.ts'
import { chunkSize, completed, expectWhole } from '../support/swarm-of.ts'

const peers = new TestPeers()
afterEach(() => peers.stop())

interface Versions {
  readonly before: Buffer
  readonly after: Buffer
  readonly chunking?: Chunking
}

describe('a second version of a file that is on the nodes', () => {
  const chunks = 80
  /** Every fourth chunk is another one. */
  function versions() {
    const before = randomFile(chunks * chunkSize - 100)
    const after = Buffer.from(before)
    for (let chunk = 3; chunk < chunks; chunk += 4) {
      randomFile(chunkSize - 100, chunk).copy(after, chunk * chunkSize)
    }
    const changed = Array.from({ length: chunks / 4 }, (_, at) => 4 * at + 3)
    const bytes = changed.reduce((sum, at) => sum + Math.min(chunkSize, after.length - at * chunkSize), 0)
    return { before, after, changed: bytes }
  }

  /** Agents that hold the first version, in a swarm for the second with a seeder that has read it. */
  async function upgrading(agents: number, versions: Versions) {
    const { before, after, chunking = chunkSize } = versions
    const seeder = await peers.start({ role: 'seeder' })
    const seeded = await ingest(seeder, after, chunking)
    const holders = await Promise.all(Array.from({ length: agents }, () => peers.start()))
    const older = await Promise.all(holders.map((peer) => ingest(peer, before, chunking)))
    const members = [await join(seeder, seeded)]
    return { seeded, holders, older, members }
  }

  test('moves only what changed, and each node counts the rest as cache', async () => {
    const file = versions()
    const { seeded, holders, members } = await upgrading(3, file)
    for (const peer of holders) members.push(await joinAs(peer, seeded))
    introduce(members)
    await completed(members)
    await expectWhole(members, file.after)
    for (const { artifact, swarm } of members.slice(1)) {
      expect(artifact.counters).toMatchObject({
        bytesFromPeers: file.changed,
        bytesFromCache: file.after.length - file.changed,
        chunksRefused: 0,
      })
      // A chunk that is late on a busy machine may come twice.
      expect(swarm.statistics().bytesDown).toBeLessThanOrEqual(file.changed + 2 * chunkSize)
    }
    const sent = members.reduce((sum, { artifact }) => sum + artifact.counters.bytesToPeers, 0)
    expect(sent).toBeLessThanOrEqual(3 * (file.changed + 2 * chunkSize))
  })

  test.for([
    { strategy: 'ContentDefined', moves: 'a tenth of it at most', least: 0.05, most: 0.1 },
    { strategy: 'Fixed', moves: 'all that stands behind them', least: 0.5, most: 0.56 },
  ] as const)('with bytes inserted in the middle moves $moves ($strategy)', async (row) => {
    const before = randomFile(32 * 1024 * 1024)
    const middle = before.length / 2
    const inserted = randomFile(before.length / 20, 2)
    const after = Buffer.concat([before.subarray(0, middle), inserted, before.subarray(middle)])
    const chunking = { strategy: row.strategy, size: 256 * 1024 }
    const { seeded, holders, members } = await upgrading(2, { before, after, chunking })
    for (const peer of holders) members.push(await joinAs(peer, seeded))
    introduce(members)
    await completed(members)
    await expectWhole(members, after)
    for (const { artifact } of members.slice(1)) {
      const { bytesFromPeers, bytesFromCache } = artifact.counters
      expect(bytesFromPeers / after.length).toBeGreaterThan(row.least * 0.9)
      expect(bytesFromPeers / after.length).toBeLessThanOrEqual(row.most)
      expect(bytesFromPeers + bytesFromCache).toBe(after.length)
    }
  })

  test('reaches a node without the first one, too, from those that had it', async () => {
    const file = versions()
    const { seeded, holders, members } = await upgrading(2, file)
    const fresh = await joinAs(await peers.start(), seeded)
    for (const peer of holders) members.push(await joinAs(peer, seeded))
    introduce([...members, fresh])
    await completed([...members, fresh])
    await expectWhole([...members, fresh], file.after)
    expect(fresh.artifact.counters).toMatchObject({ bytesFromPeers: file.after.length, bytesFromCache: 0 })
  })

  test('with wrong bytes on the old disk comes from the peers, and the old file is mended', async () => {
    const file = versions()
    const { seeded, holders, older, members } = await upgrading(1, file)
    const first = await peers.start({ role: 'seeder' })
    const source = await join(first, await ingest(first, file.before, chunkSize))
    const mended = await join(holders[0]!, older[0]!)
    await using data = await open(mended.artifact.dataPath, 'r+')
    await data.write(Buffer.from('flipped'), 0, 7, 4 * chunkSize)
    introduce([source, mended])
    members.push(await joinAs(holders[0]!, seeded))
    introduce(members)
    await completed(members)
    await expectWhole(members, file.after)
    expect(members[1]!.artifact.counters).toMatchObject({
      bytesFromPeers: file.changed + chunkSize,
      bytesFromCache: file.after.length - file.changed - chunkSize,
      chunksRefused: 1,
    })
    await vi.waitFor(async () => expect(Buffer.compare(await bytesOf(mended), file.before)).toBe(0), 10_000)
  })

  test('is not copied while the swarm is suspended, and is after', async () => {
    const file = versions()
    const { seeded, holders } = await upgrading(1, file)
    const artifact = await holders[0]!.store.open(seeded.swarmId)
    await artifact.setManifest(seeded.manifest!)
    const alone = await joinAs(holders[0]!, seeded)
    alone.swarm.suspend()
    await new Promise((resolve) => setTimeout(resolve, 200))
    // Two may have been on their way already.
    expect(artifact.chunksHeld).toBeLessThanOrEqual(2)
    alone.swarm.resume()
    await vi.waitFor(() => expect(artifact.chunksHeld).toBe((chunks * 3) / 4), 5000)
    expect(alone.swarm.statistics().peers).toBe(0)
  })
})
