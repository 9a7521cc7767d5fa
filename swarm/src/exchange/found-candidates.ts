// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Candidate } from './connector.ts'

const most = 256

/** Who was found, for swarms that are joined later: those heard of last, and where the profile says that a peer is. */
export class FoundCandidates {
  readonly #peers = new Map<string, Candidate>()

  add(peer: Candidate): void {
    if (this.#peers.get(peer.peerId)?.isStatic) return
    this.#peers.delete(peer.peerId)
    this.#peers.set(peer.peerId, peer)
    if (this.#peers.size <= most) return
    const oldest = this.list().find(({ isStatic }) => !isStatic)
    if (oldest) this.#peers.delete(oldest.peerId)
  }

  list(): Candidate[] {
    return [...this.#peers.values()]
  }
}
