// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { RefusedError } from './errors.ts'

/** A peer that this node would like to be connected to in one swarm. */
export interface Candidate {
  readonly peerId: string
  readonly addresses: readonly string[]
  /** A "seeder" is called before all others. */
  readonly role?: string
  /** Where it is, as far as anybody has said. */
  readonly site?: string
  /** One of those that ask other sites for their own. */
  readonly elected?: boolean
  /** Chunks come to it from its own site, unless it is elected. */
  readonly apart?: boolean
  /** Named by the profile: it stays, whoever else is found. */
  readonly isStatic?: boolean
}

interface Entry {
  candidate: Candidate
  /** So many of its addresses were said by whoever named it first, or by the list: they stay the first. */
  sure: number
  /** Named by the tracker's list (and gone when it is no longer there), or found otherwise. */
  listed: boolean
  attempts: number
  notBefore: number
  /** Until then a seeder goes first. */
  secondUntil: number
  dialling: boolean
}

export interface ConnectorInit {
  readonly selfId: string
  readonly selfRole: string
  readonly maxPeers: () => number
  readonly connect: (candidate: Candidate, signal: AbortSignal) => Promise<void>
  readonly isConnected: (peerId: string) => boolean
  readonly connected: () => number
  /** This node does not speak to it for now. */
  readonly isQuarantined: (peerId: string) => boolean
  /** This node knows the manifest: there is no hurry to hear from a seeder. */
  readonly isBegun: () => boolean
  /** Somebody is known to have had the whole file. */
  readonly isMade: boolean
  readonly now: () => number
  readonly random: () => number
}

const roundMs = 250
const mostDials = 8
const firstBackoffMs = 500
const mostBackoffMs = 30_000
/** Both ends get each other from the tracker at once: one waits a little for the other. */
const politeMs = 1600
/**
 * All the handshakes of a start take some tenths of a second of a processor. A seeder's comes first, so that it deals while
 * the others are made; they are what chunks are passed on over.
 */
const secondMs = 600
/**
 * A file that nobody has had yet: its seeder is about to open the origin. Those who would call it wait so long, or the first
 * byte would wait for their handshakes.
 */
const openingMs = 400
const mostFound = 256
const mostAddresses = 16

/** Keeps one swarm connected to its candidates: some dials at a time, longer and longer apart where they fail. */
export class Connector {
  readonly #init: ConnectorInit
  readonly #entries = new Map<string, Entry>()
  #timer: NodeJS.Timeout | undefined
  /** Nobody is called before, unless something is known of the file. */
  #openAt = 0
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
      this.#openAt = this.#init.now() + (this.#init.isMade ? 0 : openingMs)
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
    if (this.#entries.has(candidate.peerId) || this.#hasRoom()) {
      this.#add(candidate, false)
      this.#round()
    }
  }

  /** Anybody on the network may invent peers: the one that was found first goes, if it has come to nothing. */
  #hasRoom(): boolean {
    if (this.#entries.size < mostFound) return true
    for (const [peerId, { listed, dialling, candidate }] of this.#entries) {
      if (listed || dialling || candidate.isStatic || this.#init.isConnected(peerId)) continue
      return this.#entries.delete(peerId)
    }
    return false
  }

  /** The manifest is here: whoever let a seeder go first is called now. */
  begun(): void {
    this.#round()
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
      known.sure = listed ? candidate.addresses.length : known.sure
      known.candidate = listed ? candidate : seenAgain(known, candidate)
      known.listed ||= listed
      // Found by mDNS it was of no known role.
      if (known.attempts === 0 && this.#dialsFirst(known.candidate)) {
        known.notBefore = this.#init.now()
      }
    } else if (candidate.peerId !== this.#init.selfId) {
      const polite = this.#dialsFirst(candidate) ? 0 : politeMs * (0.5 + this.#init.random() / 2)
      const notBefore = this.#init.now() + polite
      const secondUntil = Math.max(this.#init.now(), this.#openAt) + secondMs
      const sure = candidate.addresses.length
      const entry = { candidate, sure, listed, attempts: 0, notBefore, secondUntil, dialling: false }
      this.#entries.set(candidate.peerId, entry)
    }
  }

  /** A seeder is dialled by the others, that all may begin at once; of two alike the one with the lower ID dials. */
  #dialsFirst(candidate: Candidate): boolean {
    const { selfId, selfRole } = this.#init
    return isSeeder(candidate) === (selfRole === 'seeder') ? selfId < candidate.peerId : isSeeder(candidate)
  }

  #round(): void {
    const { isBegun, now } = this.#init
    if (this.#timer === undefined || !(isBegun() || now() >= this.#openAt)) {
      return
    }
    const entries = [...this.#entries.values()]
    const dialling = entries.filter((entry) => entry.dialling).length
    const free = Math.min(mostDials, this.#init.maxPeers() - this.#init.connected()) - dialling
    const seedersFirst = this.#seedersFirst()
    const due = entries.filter((entry) => this.#isDue(entry, seedersFirst))
    const listed = due.filter((entry) => entry.listed)
    const others = due.filter((entry) => !entry.listed).slice(0, this.#roomForOthers())
    for (const entry of [...listed, ...others].slice(0, Math.max(0, free))) {
      void this.#dial(entry)
    }
  }

  /** The tracker's list sees to it that everybody is reached: those that it does not name fill what it leaves. */
  #roomForOthers(): number {
    const taken = [...this.#entries.values()].filter(
      ({ listed, dialling, candidate }) => listed || dialling || this.#init.isConnected(candidate.peerId),
    )
    return Math.max(0, this.#init.maxPeers() - taken.length)
  }

  /** Of those that were only found, one may be a seeder too. */
  #seedersFirst(): boolean {
    const mayBeSeeder = ({ listed, candidate }: Entry): boolean => !listed || isSeeder(candidate)
    return !this.#init.isBegun() && [...this.#entries.values()].some(mayBeSeeder)
  }

  #isDue({ candidate, dialling, notBefore, secondUntil }: Entry, seedersFirst: boolean): boolean {
    const { now, isConnected, isQuarantined } = this.#init
    const { peerId } = candidate
    const waits = seedersFirst && !isSeeder(candidate) && secondUntil > now()
    return !(dialling || waits) && notBefore <= now() && !isConnected(peerId) && !isQuarantined(peerId)
  }

  async #dial(entry: Entry): Promise<void> {
    entry.dialling = true
    entry.attempts += 1
    try {
      await this.#init.connect(entry.candidate, this.#abort.signal)
      entry.attempts = 0
      entry.notBefore = this.#init.now() + firstBackoffMs * (0.5 + this.#init.random())
    } catch (error) {
      // Said by `connect`, once; here it only counts.
      const backoff = isLasting(error) ? mostBackoffMs : firstBackoffMs * 2 ** (entry.attempts - 1)
      entry.notBefore = this.#init.now() + Math.min(backoff, mostBackoffMs) * (0.5 + this.#init.random())
    } finally {
      entry.dialling = false
    }
  }
}

/**
 * What the tracker has said of it holds; what it is called by mDNS says only where it may be, too: the newest first, for it
 * may have moved, and not without end.
 */
function seenAgain({ candidate, sure }: Entry, { addresses }: Candidate): Candidate {
  const before = candidate.addresses
  const all = new Set([...before.slice(0, sure), ...addresses, ...before])
  return { ...candidate, addresses: [...all].slice(0, mostAddresses) }
}

/** The other end will say the same for minutes, and each time costs both a handshake. */
const isLasting = (error: unknown): boolean => error instanceof RefusedError && error.reason === 'Quarantined'

const isSeeder = ({ role }: Candidate): boolean => role === 'seeder'
