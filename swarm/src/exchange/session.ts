// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Membership } from '../membership/index.ts'
import { Asked } from './asked.ts'
import type { BufferPool } from './buffer-pool.ts'
import type { Described, Greeting } from './handshake.ts'
import type { Link } from './link.ts'
import type { LinkSink } from './link-sink.ts'
import { costOf, MessageRate } from './message-rate.ts'
import { type Message, mostChunks, ProtocolViolationError, pieceBytes } from './messages.ts'
import type { PartSigner } from './part-signer.ts'
import { addRanges } from './ranges.ts'
import { Reception } from './reception.ts'

/** What a session asks of its swarm. */
export interface SessionOwner {
  /** Bytes of the chunk. @throws ProtocolViolationError when this peer has no reason to send it */
  expectChunk(session: Session, chunk: number): number
  message(session: Session, message: Message): void
  chunk(session: Session, chunk: number, bytes: Buffer): void
  sent(session: Session, chunk: number, bytes: number): void
  unreadable(session: Session, chunk: number, error: unknown): void
  closed(session: Session, error: Error | undefined): void
}

/** Chunks of one peer that are being verified and written; with more, it is read no further. */
const mostWriting = 6

/** One greeted peer in one swarm. */
export class Session implements LinkSink {
  readonly peerId: string
  readonly membership: Membership
  readonly link: Link
  readonly since: number
  /** Chunks asked of it: it may send these, late ones included. */
  readonly asked = new Asked()
  /** All it announced, as far as known before this node has the manifest. */
  announced: Uint8Array
  /** Chunks that the connection has taken and the peer has not confirmed, with the time of each. */
  readonly onTheWay = new Map<number, number>()
  dealing: boolean
  hasManifest: boolean
  /** It has a part of the manifest. */
  growing: boolean
  /** Who has signed the parts that it sends, once it has said so; undefined when nothing of that one is taken. */
  signer: PartSigner | undefined
  signerSaid = false
  /** Verified payload that came from it. */
  bytesDown = 0
  /** Peer ID of the signer that it was told last. */
  toldSigner = ''
  /** What this node has said of itself in HELLO. */
  readonly said: Described
  readonly #owner: SessionOwner
  readonly #reception: Reception
  readonly #rate = new MessageRate()
  #writing = 0

  constructor(greeting: Greeting, link: Link, owner: SessionOwner, pool: BufferPool) {
    this.peerId = greeting.peerId
    this.membership = greeting.membership
    this.link = link
    this.since = performance.now()
    this.announced = greeting.hello.bitmap
    this.dealing = greeting.hello.dealing
    this.hasManifest = greeting.hello.hasManifest
    this.growing = greeting.hello.growing
    this.said = greeting.said
    this.#owner = owner
    this.#reception = new Reception(pool)
    link.sink = this
  }

  message(message: Message): void {
    this.#rate.count(performance.now(), costOf(message))
    if (message.type === 'have') {
      this.hasManifest ||= message.ranges.length === 0
      this.announced = addRanges(this.announced, message.ranges)
    }
    this.#owner.message(this, message)
  }

  pieceBegins(chunk: number, offset: number, length: number): Uint8Array {
    if (offset === 0) {
      if (chunk >= mostChunks) {
        throw new ProtocolViolationError(`chunk ${chunk}`)
      }
      this.#reception.begin(chunk, this.#owner.expectChunk(this, chunk))
    }
    const place = this.#reception.place(chunk, offset, length)
    // Told early, so that the next chunk is on its way before the peer's uplink stands idle.
    if (this.#reception.beginsLast(pieceBytes, offset, length)) {
      this.link.send({ type: 'arrived', chunk })
    }
    return place
  }

  pieceEnds(chunk: number, _offset: number, length: number): void {
    const bytes = this.#reception.filled(length)
    if (bytes !== undefined) {
      this.#owner.chunk(this, chunk, bytes)
    }
  }

  sent(chunk: number, bytes: number): void {
    this.#owner.sent(this, chunk, bytes)
  }

  unreadable(chunk: number, error: unknown): void {
    this.#owner.unreadable(this, chunk, error)
  }

  closed(error: Error | undefined): void {
    this.#reception.drop()
    this.#owner.closed(this, error)
  }

  /** Holds the peer back while too many of its chunks are on their way to the disk. */
  async writing(work: Promise<void>): Promise<void> {
    this.#writing += 1
    if (this.#writing >= mostWriting) {
      this.link.pause()
    }
    try {
      await work
    } finally {
      this.#writing -= 1
      if (this.#writing === mostWriting - 1) {
        this.link.resume()
      }
    }
  }
}
