// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Candidate } from './connector.ts'
import type { Collecting } from './leaf-signer.ts'
import type { Range } from './messages.ts'
import type { SwarmPeerView, SwarmStatistics } from './types.ts'

/** One swarm that this node is in. */
export interface JoinedSwarm {
  readonly swarmId: Uint8Array
  /** The tracker's list of peers, in place of the one before. */
  setPeers(peers: readonly Candidate[]): void
  /** Names the root CID, once the tracker knows it. @throws ManifestMismatchError when another artifact is on disk */
  expect(cid: string): void
  suspend(): void
  resume(): void
  /** The file that grew is the one of the digest: its manifest is kept as the right one. */
  prove(): Promise<void>
  /** It is another file: all of it is given up, and nothing that was signed so far is believed again. */
  refute(): Promise<void>
  /**
   * This node has read a leaf from the origin: told to the seeder that signs.
   * @returns when it is known what the leaf is; rejects when the swarm is left
   */
  state(outline: { size: number; chunkSize: number }, leaf: number, digest: Uint8Array): Promise<void>
  /** For a seeder: signs what these agents read. May be called again with others. */
  collect(collecting: Collecting): void
  /** For a seeder that collects: the leaf is another one than it has signed before. */
  correct(leaf: number, digest: Uint8Array): void
  /** By whose word this seeder has signed what: leaves by name of the node. Of this process alone. */
  said(): ReadonlyMap<string, readonly Range[]>
  /** Chunks that neither this node has nor a peer that it is connected to; of its site, where chunks stay in theirs. */
  absent(): Range[]
  statistics(): SwarmStatistics
  peers(): SwarmPeerView[]
}
