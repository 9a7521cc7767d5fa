// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Stream } from '@libp2p/interface'

/** The peers of `peers.admit`, changed live. */
export class Admission {
  #admitted: ReadonlySet<string>
  readonly #streams = new Map<Stream, string>()

  constructor(peerIds: Iterable<string>) {
    this.#admitted = new Set(peerIds)
  }

  admits(peerId: string): boolean {
    return this.#admitted.has(peerId)
  }

  /** Streams of peers that are admitted no more are reset. */
  set(peerIds: Iterable<string>): void {
    this.#admitted = new Set(peerIds)
    for (const [stream, peerId] of this.#streams) {
      if (!this.#admitted.has(peerId)) {
        stream.abort(new Error(`${peerId} is no longer admitted`))
      }
    }
  }

  track(peerId: string, stream: Stream): void {
    this.#streams.set(stream, peerId)
    stream.addEventListener('close', () => this.#streams.delete(stream), { once: true })
  }
}
