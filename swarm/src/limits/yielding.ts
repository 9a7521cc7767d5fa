// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** So much longer than it has to may a packet take before this node holds back; RFC 6817 allows at most 100 ms. */
const targetMs = 15
/** The shortest time of so long is taken for that of an empty line (BASE_HISTORY of RFC 6817). */
const baseMs = 10 * 60_000
/** The shortest of the last few counts: a busy receiver takes longer, never shorter (CURRENT_FILTER). */
const newest = 4
const freshMs = 1000
const steepest = 0.5
const growth = 0.1
/** Before the first queue is seen it is not known what the line bears. */
const firstGrowth = 0.5
/** Never less than this share of the highest rate, nor than that many bytes a second: who sends nothing measures nothing. */
const leastShare = 0.05
const leastRate = 250_000
const firstRate = 1_000_000

interface Base {
  ms: number
  at: number
}

/**
 * The rate of an uplink that gives way to other traffic: what its own packets wait in queues is measured by how much later
 * than usual they are confirmed, and where somebody else fills a queue this node falls back to a twentieth of the
 * line, long before a packet is lost. After LEDBAT (RFC 6817) and LEDBAT++, which take round trips as this does. Pure.
 */
export class YieldingRate {
  #rate = firstRate
  #peak = firstRate
  #begun = false
  readonly #bases = new Map<string, Base[]>()
  #recent: { at: number; queued: number }[] = []

  /** Bytes a second. */
  get rate(): number {
    return this.#rate
  }

  /** What was sent to the peer was confirmed so long after it had been handed to the system. */
  confirmed(peer: string, ms: number, now: number): void {
    this.#recent.push({ at: now, queued: ms - this.#base(peer, ms, now) })
    if (this.#recent.length > newest) {
      this.#recent.shift()
    }
  }

  /** To be called every fifth of a second. @param limited whether more would have been sent at a higher rate */
  adjust(limited: boolean, now: number): void {
    const fresh = this.#recent.filter(({ at }) => now - at <= freshMs)
    if (fresh.length === 0) {
      return
    }
    const queued = Math.min(...fresh.map((one) => one.queued))
    const off = 1 - queued / targetMs
    if (off < 0) {
      this.#begun = true
      this.#rate *= Math.max(steepest, 1 + off / 4)
      // What was sent before this change says nothing about it.
      this.#recent = []
    } else if (limited) {
      this.#rate *= 1 + (this.#begun ? growth : firstGrowth) * off
    }
    this.#peak = Math.max(this.#peak, this.#rate)
    this.#rate = Math.max(this.#rate, leastRate, leastShare * this.#peak)
  }

  /** The shortest time to this peer, by minute. */
  #base(peer: string, ms: number, now: number): number {
    const bases = (this.#bases.get(peer) ?? []).filter(({ at }) => now - at <= baseMs)
    const last = bases.at(-1)
    if (last === undefined || now - last.at > 60_000) {
      bases.push({ ms, at: now })
    } else {
      last.ms = Math.min(last.ms, ms)
    }
    this.#bases.set(peer, bases)
    return Math.min(...bases.map((base) => base.ms))
  }
}
