// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { common, type Span, sizeOf, without } from './spans.ts'

/** What is read and not yet to be seen in the swarm has so long to get there. */
const ARRIVE_MS = 5000
/** No range is late before that, … */
const LATE_MS = 8000
/** … nor before so many times what ranges of its length take otherwise. */
const LATE_TIMES = 4
/** A part of the newest time in the usual one. */
const NEWEST = 0.25

interface Piece extends Span {
  readonly peerId: string
  readonly since: number
  /** When its reader did not name it any more. */
  doneAt: number | undefined
}

/** What is known of one file when a reader asks for something to read. Times in milliseconds. */
export interface Asked {
  readonly peerId: string
  /** What it reads already. */
  readonly reading: readonly Span[]
  /** What the others have reported that they read: a leader before this one may have given it. */
  readonly others: readonly { readonly peerId: string; readonly reading: readonly Span[] }[]
  /** What nobody has, as the seeder has said at `saidAt`. */
  readonly absent: readonly Span[]
  readonly saidAt: number
  /** Bytes that may be granted yet. */
  readonly budgetLeft: number
  /** Whether that agent is connected and one of the readers. */
  readonly isReader: (peerId: string) => boolean
  readonly now: number
}

export interface Free {
  /** To be read next, any part of it from its start on; undefined when there is nothing. */
  readonly span: Span | undefined
  /** Bytes of all that is to be given yet. */
  readonly left: number
  /** Whose range this was, that got on too slowly with it. */
  readonly slow?: string
}

/** Which ranges of a file are being read by whom. Soft state: what is in the swarm is gathered from the seeder each time. */
export class RangeLedger {
  #pieces: Piece[] = []
  /** Milliseconds a byte, of one reader's range. */
  #usual: number | undefined
  #doneLast = Number.NEGATIVE_INFINITY

  /** A range that is free: nobody has it or is at it, or who was at it has gone or is too slow. */
  next(asked: Asked): Free {
    const { absent } = asked
    this.#settle(asked)
    const late = this.#pieces.find((piece) => this.#isToGo(piece, asked))
    if (late !== undefined) {
      this.#pieces = this.#allBut(late)
      const [span] = common(absent, late)
      if (span !== undefined) return { span, left: this.#left(absent), slow: late.peerId }
    }
    const free = without(absent, this.#pieces)
    return { span: free[0], left: this.#left(absent) }
  }

  give(peerId: string, { start, end }: Span, now: number): void {
    this.#pieces.push({ peerId, start, end, since: now, doneAt: undefined })
  }

  #left(absent: readonly Span[], pieces = this.#pieces): number {
    return sizeOf(without(absent, pieces))
  }

  #allBut({ peerId }: Piece): Piece[] {
    return this.#pieces.filter((piece) => piece.peerId !== peerId)
  }

  /** Not where the budget cannot pay for it again: what was granted comes in the end. */
  #isToGo(piece: Piece, { peerId, absent, budgetLeft, now }: Asked): boolean {
    if (piece.peerId === peerId || !this.#isLate(piece, now)) return false
    return this.#left(absent, this.#allBut(piece)) <= budgetLeft
  }

  #settle(asked: Asked): void {
    const { peerId, reading, others, absent, saidAt, isReader, now } = asked
    for (const one of [...others, { peerId, reading }]) {
      for (const span of one.reading) if (!this.#knows(one.peerId, span)) this.give(one.peerId, span, now)
    }
    this.#pieces = this.#pieces.filter((piece) => isReader(piece.peerId))
    for (const piece of this.#pieces) {
      if (piece.peerId !== peerId) continue
      const isAtIt = reading.some(({ start }) => start === piece.start)
      // Who asks twice before an answer comes does not name what the first one brings.
      if (isAtIt) piece.doneAt = undefined
      else if (piece.doneAt === undefined) this.#end(piece, now)
    }
    this.#pieces = this.#pieces.filter(({ start, end, doneAt = Number.POSITIVE_INFINITY }) => {
      const hasArrived = common(absent, { start, end }).length === 0
      return doneAt > now || !(hasArrived || saidAt > doneAt + ARRIVE_MS)
    })
  }

  #knows(peerId: string, { start }: Span): boolean {
    return this.#pieces.some((piece) => piece.peerId === peerId && piece.start === start)
  }

  #end(piece: Piece, now: number): void {
    const taken = (now - piece.since) / (piece.end - piece.start)
    piece.doneAt = now
    this.#usual = this.#usual === undefined ? taken : (1 - NEWEST) * this.#usual + NEWEST * taken
    this.#doneLast = now
  }

  /** While others get on: where nobody does, it is the origin that is slow. */
  #isLate({ start, end, since, doneAt }: Piece, now: number): boolean {
    if (doneAt !== undefined || this.#usual === undefined || this.#doneLast < since) return false
    return now - since > Math.max(LATE_MS, LATE_TIMES * this.#usual * (end - start))
  }
}
