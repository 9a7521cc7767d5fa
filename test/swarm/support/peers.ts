// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { createBlockstore } from '@patchswarm/swarm/blockstore'
import { createExchange, type Exchange, type JoinedSwarm, type JoinOptions } from '@patchswarm/swarm/exchange'
import { createIdentity, type Identity } from '@patchswarm/swarm/identity'
import type { NodeLimits } from '@patchswarm/swarm/limits'
import { type Chunking, chunkingOf, swarmId } from '@patchswarm/swarm/manifest'
import { signMembership } from '@patchswarm/swarm/membership'
import { createSwarmNode, type SwarmNode, type SwarmNodeInit } from '@patchswarm/swarm/node'
import { openStore, type Store, type StoredArtifact } from '@patchswarm/swarm/store'
import { pino } from 'pino'

export const log = pino({ level: process.env.TEST_LOG ?? 'silent' })
export const operator = createIdentity()
export const profile = 'default'

/** A file as a test wants it: random, so that no two chunks are the same. */
export function randomFile(size: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(size)
  let state = seed
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    bytes[at] = state >>> 24
  }
  return bytes
}

export const digestOf = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`

export interface MembershipChange {
  readonly signer?: Identity
  readonly peerId?: string
  readonly profile?: string
  readonly issuedAt?: number
  readonly expiresAt?: number
  readonly site?: string
  readonly none?: boolean
}

export function membershipOf(peerId: string, role: string, change: MembershipChange = {}): Uint8Array {
  if (change.none) {
    return new Uint8Array()
  }
  return signMembership(change.signer ?? operator, {
    peerId: change.peerId ?? peerId,
    node: `node-${peerId.slice(-4)}`,
    profile: change.profile ?? profile,
    site: change.site ?? '',
    roles: [role],
    issuedAt: change.issuedAt ?? Date.now() - 1000,
    expiresAt: change.expiresAt ?? Date.now() + 3_600_000,
  })
}

export interface PeerInit extends Partial<Omit<SwarmNodeInit, 'identity' | 'log'>> {
  readonly identity?: Identity
  readonly role?: 'seeder' | 'agent'
  readonly directory?: string
  readonly membership?: MembershipChange
  /** Whose memberships it believes. */
  readonly operators?: readonly string[]
  readonly limits?: NodeLimits
  /** Signs what it has read, instead of itself. */
  readonly signer?: Identity
  /** Streams of this peer are heard only then. */
  readonly hears?: (peerId: string) => Promise<void>
}

/** A whole node of the data plane: identity, store on disk, Helia node, exchange. */
export interface TestPeer {
  readonly identity: Identity
  readonly peerId: string
  readonly role: 'seeder' | 'agent'
  readonly directory: string
  readonly store: Store
  readonly node: SwarmNode
  readonly exchange: Exchange
  readonly candidate: { peerId: string; addresses: string[] }
  /** Keeps the directory. */
  stop(): Promise<void>
}

/** Starts peers, and takes everything away again. */
export class TestPeers {
  readonly #peers: TestPeer[] = []
  readonly #directories: string[] = []
  static #next = 1

  async directory(): Promise<string> {
    const directory = await mkdtemp(joinPath(tmpdir(), 'patchswarm-'))
    this.#directories.push(directory)
    return directory
  }

  async start(init: PeerInit = {}): Promise<TestPeer> {
    const identity = init.identity ?? createIdentity()
    const role = init.role ?? 'agent'
    const directory = init.directory ?? (await this.directory())
    const store = await openStore(directory, { log })
    const node = await createSwarmNode({
      listen: { address: `127.0.7.${TestPeers.#next++ % 250}`, port: 0 },
      allowedCIDRs: ['127.0.0.0/8'],
      blockstore: createBlockstore(store),
      ...init,
      identity,
      log,
    })
    const membership = membershipOf(identity.peerId, role, init.membership)
    const exchange: Exchange = createExchange({
      node: init.hears ? hearing(node, init.hears) : node,
      store,
      membership: () => membership,
      sign: (bytes) => (init.signer ?? identity).sign(bytes),
      operatorPeerIds: init.operators ?? [operator.peerId],
      profile,
      ...(init.limits === undefined ? {} : { limits: init.limits }),
      log,
    })
    await exchange.start()
    node.onFound((peer) => exchange.found(peer))
    let stopped = false
    const peer: TestPeer = {
      identity,
      peerId: identity.peerId,
      role,
      directory,
      store,
      node,
      exchange,
      candidate: { peerId: identity.peerId, addresses: node.addresses() },
      stop: async () => {
        if (!stopped) {
          stopped = true
          await exchange.stop()
          await node.stop()
          await store.close()
        }
      },
    }
    this.#peers.push(peer)
    return peer
  }

  async stop(): Promise<void> {
    await Promise.all(this.#peers.splice(0).map((peer) => peer.stop()))
    await Promise.all(
      this.#directories.splice(0).map((directory) => rm(directory, { recursive: true, force: true })),
    )
  }
}

const hearing = (node: SwarmNode, hears: (peerId: string) => Promise<void>): SwarmNode =>
  Object.create(node, {
    handle: {
      value: (...[protocol, handler]: Parameters<SwarmNode['handle']>) =>
        node.handle(protocol, (stream, peerId) => void hears(peerId).then(() => handler(stream, peerId))),
    },
  })

/** Puts the bytes into the peer's store as a seeder would. */
export async function ingest(
  peer: TestPeer,
  bytes: Buffer,
  chunking: number | Chunking,
): Promise<StoredArtifact> {
  const { size, strategy } = chunkingOf(chunking)
  const artifact = await peer.store.open(swarmId(digestOf(bytes), size, strategy))
  if (!artifact.complete) {
    const taking = await artifact.beginIngest(bytes.length, chunking)
    await taking.write(bytes)
    await taking.finish(undefined)
    await taking.close()
  }
  return artifact
}

export interface Member {
  readonly peer: TestPeer
  readonly artifact: StoredArtifact
  readonly swarm: JoinedSwarm
  readonly complete: Promise<void>
}

/** Has a peer take part in the swarm of an artifact. */
export async function join(
  peer: TestPeer,
  artifact: StoredArtifact,
  options: Partial<JoinOptions> = {},
): Promise<Member> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const swarm = peer.exchange.join({ artifact, role: peer.role, onComplete: resolve, ...options })
  return { peer, artifact, swarm, complete: promise }
}

export async function joinAs(
  peer: TestPeer,
  seeded: StoredArtifact,
  options: Partial<JoinOptions> = {},
): Promise<Member> {
  const artifact = await peer.store.open(seeded.swarmId)
  const expectedCid = seeded.manifest?.cid
  return join(peer, artifact, { ...(expectedCid === undefined ? {} : { expectedCid }), ...options })
}

/** Tells everybody of everybody, as the tracker does: with the roles, so that all dial a seeder at once, whoever has the lower ID. */
export function introduce(members: readonly Member[]): void {
  for (const { peer, swarm } of members) {
    const others = members.filter((other) => other.peer !== peer).map((other) => other.peer)
    swarm.setPeers(others.map(({ candidate, role }) => ({ ...candidate, role })))
  }
}

export const bytesOf = (member: Member): Promise<Buffer> => readFile(member.artifact.dataPath)
