// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Chunking } from '@patchswarm/swarm/manifest'
import type { StoredArtifact } from '@patchswarm/swarm/store'
import { startPeer } from '../peer.ts'
import { content } from './content.ts'

export interface Upgrade {
  /** Bytes of the first version. */
  readonly size: number
  readonly inserted: number
  readonly agents: number
}

/** What the second version cost. */
export interface Moved {
  /** Bytes of the second version. */
  readonly size: number
  readonly chunks: number
  /** What the seeder took in. */
  readonly originBytes: number
  /** Of an agent, on average. */
  readonly peerBytes: number
  readonly cacheBytes: number
  /** Until the last agent had the whole, from when the seeder had it. */
  readonly seconds: number
}

type Peer = Awaited<ReturnType<typeof startPeer>>

/** Spreads one version after the other from a seeder to agents, real peers over loopback, and counts the second. */
export async function upgrade({ size, inserted, agents }: Upgrade, chunking: Chunking): Promise<Moved> {
  const directory = await mkdtemp(join(tmpdir(), 'patchswarm-bench-'))
  const peers: Peer[] = []
  try {
    const seeder = await startPeer(join(directory, 'seeder'), 'seeder')
    peers.push(seeder)
    for (let agent = 1; agent <= agents; agent++)
      peers.push(await startPeer(join(directory, `agent-${agent}`), 'agent'))
    await spread(peers, 1, content(size, 0), chunking)
    return await spread(peers, 2, content(size, inserted), chunking)
  } finally {
    await Promise.all(peers.map(stop))
    await rm(directory, { recursive: true, force: true })
  }
}

async function spread(
  peers: readonly Peer[],
  version: number,
  bytes: Iterable<Buffer>,
  chunking: Chunking,
): Promise<Moved> {
  const swarmId = new Uint8Array(32).fill(version)
  const stored = await Promise.all(peers.map(({ store }) => store.open(swarmId)))
  const [seeded, ...fetched] = stored
  if (seeded === undefined) throw new TypeError('There is no seeder')
  const sha256 = await ingest(seeded, bytes, chunking)
  const start = performance.now()
  await Promise.all(stored.map((artifact, at) => joined(peers, at, artifact, seeded)))
  const seconds = (performance.now() - start) / 1000
  for (const artifact of fetched) await check(artifact, sha256)
  const mean = (of: (artifact: StoredArtifact) => number) =>
    fetched.reduce((sum, artifact) => sum + of(artifact), 0) / fetched.length
  return {
    size: seeded.manifest?.size ?? 0,
    chunks: seeded.chunks,
    originBytes: seeded.counters.bytesFromOrigin,
    peerBytes: mean(({ counters }) => counters.bytesFromPeers),
    cacheBytes: mean(({ counters }) => counters.bytesFromCache),
    seconds,
  }
}

async function ingest(
  artifact: StoredArtifact,
  bytes: Iterable<Buffer>,
  chunking: Chunking,
): Promise<string> {
  const taking = await artifact.beginIngest(undefined, chunking)
  for (const piece of bytes) await taking.write(piece)
  return (await taking.finish(undefined)).sha256
}

/** Resolves when the artifact is complete there. */
async function joined(
  peers: readonly Peer[],
  at: number,
  artifact: StoredArtifact,
  seeded: StoredArtifact,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const swarm = peers[at]?.exchange.join({
    artifact,
    role: at === 0 ? 'seeder' : 'agent',
    expectedCid: seeded.manifest?.cid ?? '',
    onComplete: resolve,
  })
  const others = peers.filter((_, other) => other !== at)
  swarm?.setPeers(others.map(({ node }) => ({ peerId: node.peerId, addresses: node.addresses() })))
  if (!artifact.complete) await promise
}

async function check({ dataPath }: StoredArtifact, sha256: string): Promise<void> {
  const whole = createHash('sha256')
  await pipeline(createReadStream(dataPath), whole)
  if (whole.digest('hex') !== sha256) throw new Error(`${dataPath} is not the file that was spread`)
}

async function stop({ exchange, node, store }: Peer): Promise<void> {
  await exchange.stop()
  await node.stop()
  await store.close()
}
