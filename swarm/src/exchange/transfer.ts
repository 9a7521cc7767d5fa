// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type Action, isHeld, type PolicyEvent, type PolicyState, step, wakeAt } from '../policy/index.ts'
import { Downloads, type DownloadsInit } from './downloads.ts'
import { firstPolicy } from './first-policy.ts'
import { ProtocolViolationError } from './messages.ts'
import { type Places, placeOf } from './places.ts'
import { addedSince } from './ranges.ts'
import type { RateMeter } from './rate-meter.ts'
import type { Session } from './session.ts'
import { StallWatch } from './stall-watch.ts'
import { TurnaroundMeter } from './turnaround-meter.ts'
import type { SwarmHost } from './types.ts'
import { WakeTimer } from './wake-timer.ts'

export interface TransferInit extends DownloadsInit, Pick<SwarmHost, 'random' | 'log'> {
  /** This node deals when it holds everything, or reads it from the origin. */
  readonly dealer: boolean
  /** Chunks that this node copies from its own disk; each is stored in the end, or `refused`. */
  readonly copying: readonly number[]
  /** This node has signed parts of the manifest to pass on. */
  readonly tellsParts: () => boolean
  /** Who is where, as this node was told last; every later word is fed. */
  readonly places: () => Places
  readonly sessions: ReadonlyMap<string, Session>
  readonly up: RateMeter
}

/** Uplinks and turnaround times are looked at this often. */
const roundMs = 100
/**
 * What this node has got is said this often where it does not leave before, with another message. Nobody waits for it: who
 * is invited is told first what there is, and who was told PASS full hears at once. A message for each chunk and neighbour
 * was nearly half of all that was sent.
 */
const announceMs = 200

/** Lets the policy decide and does what it says: the only place that touches its state. */
export class Transfer {
  readonly policy: PolicyState
  readonly downloads: Downloads
  readonly #init: TransferInit
  readonly #stalls: StallWatch
  readonly #turnaround = new TurnaroundMeter()
  readonly #round: NodeJS.Timeout
  readonly #announcing: NodeJS.Timeout
  readonly #wake: WakeTimer
  #stopped = false

  constructor(init: TransferInit) {
    this.#init = init
    const { artifact, dealer, copying, now } = init
    this.policy = firstPolicy(artifact, { dealer, copying, now: now() })
    this.downloads = new Downloads(init, this)
    this.#stalls = new StallWatch(now())
    this.#wake = new WakeTimer(now, () => this.feed({ type: 'tick' }))
    this.#round = setInterval(() => this.#lookRound(), roundMs)
    this.#round.unref()
    this.#announcing = setInterval(() => this.#announceRound(), announceMs)
    this.#announcing.unref()
    this.feed(init.places())
  }

  /** What HELLO shows: a seeder that deals shows nothing. */
  get shown(): Uint8Array {
    return this.policy.dealing ? new Uint8Array() : this.#init.artifact.bitmap()
  }

  /** Both ends know of the file, if only parts: once, and when the two of them can speak of chunks. */
  join(session: Session): void {
    if (this.has(session) || !this.#canDealWith(session)) {
      return
    }
    const news = addedSince(session.said.bitmap, this.shown)
    if (news.length > 0) {
      session.link.have(news)
    }
    const { peerId: peer, announced: bitmap, dealing } = session
    this.feed({ type: 'joined', peer, bitmap, dealing, ...placeOf(this.#init.places(), session) })
  }

  /**
   * Who deals chooses the chunks: to a node that does not know the whole only what it has told that node of. Both ends
   * decide the same, or tokens would be lost.
   */
  #canDealWith(session: Session): boolean {
    const { artifact, tellsParts } = this.#init
    const toIt = !this.policy.dealing || session.hasManifest || tellsParts()
    return toIt && (!session.dealing || artifact.manifest !== undefined || session.growing)
  }

  /** Chunks that the store holds no more, as they are others now. */
  forget(): void {
    const { artifact } = this.#init
    this.feed({ type: 'lost', chunks: this.#held().filter((chunk) => !artifact.has(chunk)) })
  }

  leave(session: Session): void {
    this.feed({ type: 'left', peer: session.peerId })
  }

  has(session: Session): boolean {
    return this.policy.neighbours.has(session.peerId)
  }

  stop(): void {
    this.#stopped = true
    clearInterval(this.#round)
    clearInterval(this.#announcing)
    this.#wake.stop()
  }

  feed(event: PolicyEvent): void {
    if (this.#stopped) {
      return
    }
    this.#noteTurnaround(event)
    for (const action of step(this.policy, event, this.#init.now(), this.#init.random)) {
      this.#act(action)
    }
    this.#wake.expect(wakeAt(this.policy))
  }

  /** @throws ProtocolViolationError when the chunk was neither asked of this peer nor may be dealt by it */
  expectChunk(session: Session, chunk: number): number {
    const tokens = this.policy.neighbours.get(session.peerId)?.tokensThere ?? 0
    const askedAt = session.asked.since(chunk)
    if (
      chunk >= this.policy.chunks ||
      this.policy.unborn.has(chunk) ||
      !(askedAt !== undefined || tokens > 0)
    ) {
      throw new ProtocolViolationError(`chunk ${chunk} was not asked for`)
    }
    if (askedAt !== undefined) {
      this.#turnaround.add(this.#init.now() - askedAt)
    }
    this.feed({ type: 'arriving', peer: session.peerId, chunk })
    return this.#init.artifact.chunkLength(chunk)
  }

  /** The connection has taken the last bytes; that is long before they have left, as the system keeps megabytes waiting. */
  sent(session: Session, chunk: number, bytes: number): void {
    const now = this.#init.now()
    this.#init.artifact.counters.bytesToPeers += bytes
    this.#init.up.add(bytes, now)
    if (this.policy.neighbours.get(session.peerId)?.sending.has(chunk)) {
      session.onTheWay.set(chunk, now)
    }
  }

  /** The peer has (nearly) all of a chunk: its place on the uplink is free. What it was not being sent it may not free. */
  arrived(session: Session, chunk: number): void {
    const since = session.onTheWay.get(chunk)
    if (since !== undefined) {
      this.#init.limits.confirmed?.(session.peerId, this.#init.now() - since)
    }
    session.onTheWay.delete(chunk)
    if (this.policy.neighbours.get(session.peerId)?.sending.has(chunk)) {
      this.feed({ type: 'sent', peer: session.peerId, chunk })
    }
  }

  /** Gone from disk, or the disk fails: this node cannot send it, and says so. */
  unreadable(session: Session, chunk: number, error: unknown): void {
    this.#init.log.warn({ err: error, chunk, peer: session.peerId }, 'A chunk could not be read')
    session.link.send({ type: 'notFound', chunk })
    this.feed({ type: 'sent', peer: session.peerId, chunk })
  }

  #act(action: Action): void {
    if (action.type === 'have' || action.type === 'haveAll') {
      if (!this.policy.dealing) {
        this.#announce(action.type === 'have' ? action.chunks : this.#held())
      }
      return
    }
    const session = this.#init.sessions.get(String(action.peer))
    if (session !== undefined) {
      this.#tell(session, action)
    }
  }

  #held(): number[] {
    return [...Array(this.policy.chunks).keys()].filter((chunk) => isHeld(this.policy, chunk))
  }

  #announce(chunks: readonly number[]): void {
    for (const peer of this.policy.neighbours.keys()) {
      this.#init.sessions.get(String(peer))?.link.have(chunks)
    }
  }

  #tell(session: Session, action: Exclude<Action, { type: 'have' | 'haveAll' }>): void {
    const { now } = this.#init
    switch (action.type) {
      case 'send':
        this.#send(session, action.chunk)
        return
      case 'drop':
        if (session.link.dropChunk(action.chunk)) {
          this.feed({ type: 'sent', peer: session.peerId, chunk: action.chunk })
        }
        return
      case 'request':
        session.asked.ask(action.chunk, now())
        session.link.send({ type: 'request', chunk: action.chunk })
        return
      case 'invite':
        this.#turnaround.invited(session.peerId, now())
        session.link.send({ type: 'invite' })
        return
      default: {
        const { peer: _peer, ...message } = action
        session.link.send(message)
      }
    }
  }

  #send(session: Session, chunk: number): void {
    const { artifact, pool } = this.#init
    let buffer: Buffer | undefined
    const read = () => {
      buffer = pool.take(artifact.chunkLength(chunk))
      return artifact.readChunk(chunk, undefined, buffer)
    }
    const release = (bytes: Uint8Array) => {
      if (bytes === buffer) {
        pool.give(buffer)
      }
    }
    session.link.sendChunk(chunk, read, release)
  }

  #noteTurnaround(event: PolicyEvent): void {
    if (event.type === 'request' || event.type === 'pass') {
      this.#turnaround.answered(String(event.peer), this.#init.now())
    }
  }

  #announceRound(): void {
    for (const { link } of this.#init.sessions.values()) {
      link.announce()
    }
  }

  #lookRound(): void {
    const now = this.#init.now()
    const limiting = this.#init.limits.upload.limiting
    this.#stalls.look(this.policy, this.#init.sessions, { now, limiting }, (peer, stalled) =>
      this.feed({ type: stalled ? 'stalled' : 'flowing', peer }),
    )
    const rttMs = this.#turnaround.best(now)
    if (rttMs !== undefined) {
      this.feed({ type: 'latency', rttMs })
    }
  }
}
