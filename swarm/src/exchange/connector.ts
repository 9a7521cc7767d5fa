// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** A peer that this node would like to be connected to in one swarm. */
export interface Candidate {
  readonly peerId: string
  readonly addresses: readonly string[]
}

interface Entry {
  candidate: Candidate
  /** Named by the tracker's list (and gone when it is no longer there), or found otherwise. */
  listed: boolean
  attempts: number
  notBefore: number
  dialling: boolean
}

export interface ConnectorInit {
  readonly selfId: string
  readonly maxPeers: () => number
  readonly connect: (candidate: Candidate, signal: AbortSignal) => Promise<void>
  readonly isConnected: (peerId: string) => boolean
  readonly connected: () => number
  readonly now: () => number
  readonly random: () => number
}

const roundMs = 250
const mostDials = 8
const firstBackoffMs = 500
const mostBackoffMs = 30_000
/** Both ends get each other from the tracker at once: the one with the higher ID waits a little for the other. */
const politeMs = 1000
const mostFound = 256

/** Keeps one swarm connected to its candidates: some dials at a time, longer and longer apart where they fail. */
export class Connector {
  readonly #init: ConnectorInit
  readonly #entries = new Map<string, Entry>()
  #timer: NodeJS.Timeout | undefined
  #abort = new AbortController()

  constructor(init: ConnectorInit) {
    this.#init = init
  }

  get running(): boolean {
    return this.#timer !== undefined
  }

  start(): void {
    if (this.#timer === undefined) {
      this.#abort = new AbortController()
      this.#timer = setInterval(() => this.#round(), roundMs)
      this.#timer.unref()
      this.#round()
    }
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#abort.abort()
  }

  /** The whole list of the tracker; those that it named before and does not now are dialled no more. */
  setListed(candidates: readonly Candidate[]): void {
    const named = new Set(candidates.map(({ peerId }) => peerId))
    for (const [peerId, entry] of this.#entries) {
      if (entry.listed && !named.has(peerId)) {
        this.#entries.delete(peerId)
      }
    }
    for (const candidate of candidates) {
      this.#add(candidate, true)
    }
    this.#round()
  }

  /** A peer found by mDNS or named by the profile. */
  found(candidate: Candidate): void {
    if (this.#entries.has(candidate.peerId) || this.#entries.size < mostFound) {
      this.#add(candidate, false)
      this.#round()
    }
  }

  /** Ask again soon: the other side has said that it was only a matter of time. */
  retrySoon(peerId: string): void {
    const entry = this.#entries.get(peerId)
    if (entry !== undefined) {
      entry.attempts = 0
      entry.notBefore = this.#init.now() + firstBackoffMs * this.#init.random()
    }
  }

  #add(candidate: Candidate, listed: boolean): void {
    const known = this.#entries.get(candidate.peerId)
    if (known !== undefined) {
      const addresses = [...new Set([...candidate.addresses, ...(listed ? [] : known.candidate.addresses)])]
      known.candidate = { ...candidate, addresses }
      known.listed ||= listed
    } else if (candidate.peerId !== this.#init.selfId) {
      const polite = this.#init.selfId < candidate.peerId ? 0 : politeMs * (0.5 + this.#init.random() / 2)
      const notBefore = this.#init.now() + polite
      this.#entries.set(candidate.peerId, { candidate, listed, attempts: 0, notBefore, dialling: false })
    }
  }

  #round(): void {
    if (this.#timer === undefined) {
      return
    }
    let free = Math.min(mostDials, this.#init.maxPeers() - this.#init.connected())
    for (const entry of this.#entries.values()) {
      free -= entry.dialling ? 1 : 0
    }
    for (const entry of this.#entries.values()) {
      if (free > 0 && this.#isDue(entry)) {
        free -= 1
        void this.#dial(entry)
      }
    }
  }

  #isDue(entry: Entry): boolean {
    const { now, isConnected } = this.#init
    return !entry.dialling && entry.notBefore <= now() && !isConnected(entry.candidate.peerId)
  }

  async #dial(entry: Entry): Promise<void> {
    entry.dialling = true
    entry.attempts += 1
    const backoff = Math.min(mostBackoffMs, firstBackoffMs * 2 ** (entry.attempts - 1))
    try {
      await this.#init.connect(entry.candidate, this.#abort.signal)
      entry.attempts = 0
      entry.notBefore = this.#init.now() + firstBackoffMs * (0.5 + this.#init.random())
    } catch {
      // Said by `connect`, once; here it only counts.
      entry.notBefore = this.#init.now() + backoff * (0.5 + this.#init.random())
    } finally {
      entry.dialling = false
    }
  }
}
