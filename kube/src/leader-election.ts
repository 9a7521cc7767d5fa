// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Logger } from 'pino'
import type { LeaseSpec } from './builtin.ts'
import { type Clock, sleep, systemClock } from './clock.ts'
import { isConflict, isNotFound } from './kube-error.ts'
import { acquired, availableAt, epochOf, epochWithoutLease, released, renewed } from './lease.ts'
import { LeaseRecord, type ObservedLeader, type Term } from './lease-record.ts'
import type { Client } from './types.ts'

export interface LeaderElectionOptions {
  client: Client
  namespace: string
  /** Of the Lease. */
  name: string
  /** Must not be shared by two processes that run at the same time: the Pod's name. */
  identity: string
  /** Written beside the holder, for the others to read (such as where the leader listens). */
  annotations?: Readonly<Record<string, string>>
  /** How long the others wait after the last renewal they saw, default 15 s; a whole number of seconds. */
  leaseDurationMs?: number
  /** A leader that could not renew for this long stops, default 10 s; the rest of the lease is for its work to end. */
  renewDeadlineMs?: number
  /** Between two looks or renewals, default 2 s. */
  retryPeriodMs?: number
  clock?: Clock
  random?: () => number
  log?: Logger
}

export interface LeaderElection {
  readonly isLeader: boolean
  /** Undefined while nobody holds the lease, as far as we have seen. */
  readonly leader: ObservedLeader | undefined
  /**
   * Becomes a candidate and calls `lead` for every term won, until `signal` is aborted or `lead` returns by itself.
   * `leadSignal` is aborted when the term ends: the work must end at once, and only then may a next term begin.
   * Gives the lease back at the end.
   *
   * @throws what `lead` throws, unless its signal was aborted.
   */
  run(signal: AbortSignal, lead: (leadSignal: AbortSignal, epoch: number) => Promise<void>): Promise<void>
}

/** The lease was lost, or could not be renewed in time. */
export class LeadershipLostError extends Error {
  override name = 'LeadershipLostError'
}

/** One leader at a time, by a Lease of Kubernetes; `epoch` is its leaseTransitions. */
export function createLeaderElection(options: LeaderElectionOptions): LeaderElection {
  return new Candidate(options)
}

class Candidate implements LeaderElection {
  readonly #options: LeaderElectionOptions
  readonly #clock: Clock
  readonly #random: () => number
  readonly #leaseMs: number
  readonly #deadlineMs: number
  readonly #retryMs: number
  readonly #record: LeaseRecord
  #leading = false
  /** Of our own last term. */
  #lastEpoch = 0

  constructor(options: LeaderElectionOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.#record = new LeaseRecord({ ...options, clock: this.#clock })
    this.#leaseMs = options.leaseDurationMs ?? 15_000
    this.#deadlineMs = options.renewDeadlineMs ?? 10_000
    this.#retryMs = options.retryPeriodMs ?? 2000
    if (!(this.#leaseMs > this.#deadlineMs && this.#deadlineMs > this.#retryMs)) {
      throw new RangeError(
        'a lease must last longer than its renew deadline, and that longer than the retry period',
      )
    }
  }

  get isLeader(): boolean {
    return this.#leading
  }

  get leader(): ObservedLeader | undefined {
    return this.#record.leader
  }

  async run(
    signal: AbortSignal,
    lead: (leadSignal: AbortSignal, epoch: number) => Promise<void>,
  ): Promise<void> {
    while (!signal.aborted) {
      const term = await this.#campaign(signal)
      if (!term) return
      const finished = await this.#serve(term, signal, lead)
      if (finished) return
    }
  }

  /** Undefined when the signal was aborted first. */
  async #campaign(signal: AbortSignal): Promise<Term | undefined> {
    while (!signal.aborted) {
      try {
        const term = await this.#tryAcquire(signal)
        if (term) return term
      } catch (error) {
        if (!signal.aborted) this.#options.log?.warn({ err: error }, 'cannot read or take the lease')
      }
      await this.#pause(signal)
    }
    return undefined
  }

  async #tryAcquire(signal: AbortSignal): Promise<Term | undefined> {
    const { identity } = this.#options
    const call = AbortSignal.any([signal, AbortSignal.timeout(this.#callTimeoutMs)])
    const seen = await this.#record.read(call)
    if (seen && this.#clock.now() < availableAt(seen, identity, this.#leaseMs)) return undefined
    const date = this.#clock.date()
    const last = Math.max(this.#lastEpoch, seen ? epochOf(seen.lease.spec) : epochWithoutLease(date))
    const spec = acquired(last, identity, this.#leaseMs, date)
    return await this.#record.write(seen?.lease, spec, call)
  }

  /** True when `lead` returned by itself or we are asked to stop; false when the term was lost. */
  async #serve(
    term: Term,
    signal: AbortSignal,
    lead: (leadSignal: AbortSignal, epoch: number) => Promise<void>,
  ): Promise<boolean> {
    const { log, identity } = this.#options
    const epoch = epochOf(term.lease.spec)
    this.#lastEpoch = epoch
    const work = new AbortController()
    const hold = new AbortController()
    const onStop = () => work.abort(signal.reason)
    signal.addEventListener('abort', onStop, { once: true })
    if (signal.aborted) onStop()
    log?.info({ identity, epoch }, 'leading')
    this.#leading = true
    // The lease is renewed while the work ends, too: nobody else may begin before that.
    const holding = this.#hold(term, hold.signal, (lost) => {
      this.#leading = false
      work.abort(lost)
    })
    try {
      await lead(work.signal, epoch)
    } catch (error) {
      if (!work.signal.aborted) throw error
    } finally {
      this.#leading = false
      signal.removeEventListener('abort', onStop)
      hold.abort()
      const current = await holding
      if (current) await this.#release(current)
      log?.info({ identity, epoch }, 'no longer leading')
    }
    return signal.aborted || !work.signal.aborted
  }

  /** Renews until `signal` is aborted, then gives the term back; undefined when it was lost, which is told at once. */
  async #hold(
    term: Term,
    signal: AbortSignal,
    onLost: (reason: LeadershipLostError) => void,
  ): Promise<Term | undefined> {
    let current: Term | undefined = term
    // A timer of its own, not a check after each attempt: an attempt may hang.
    const watchdog = () =>
      this.#clock.after((current?.renewedAt ?? 0) + this.#deadlineMs - this.#clock.now(), () =>
        onLost(new LeadershipLostError(`the lease could not be renewed for ${this.#deadlineMs} ms`)),
      )
    let cancel = watchdog()
    while (current && !signal.aborted) {
      await this.#pause(signal)
      if (signal.aborted) break
      const renewal: Term | 'lost' | undefined = await this.#tryRenew(current, signal)
      if (renewal === 'lost') {
        current = undefined
        onLost(new LeadershipLostError('somebody else has taken the lease'))
      } else if (renewal) {
        current = renewal
        cancel()
        cancel = watchdog()
      } else if (this.#clock.now() >= current.renewedAt + this.#deadlineMs) {
        // The others may have it by now, or soon: we no longer touch it.
        current = undefined
      }
    }
    cancel()
    return current
  }

  /** Undefined: try again. */
  async #tryRenew(term: Term, signal: AbortSignal): Promise<Term | 'lost' | undefined> {
    const { log } = this.#options
    const call = AbortSignal.any([signal, AbortSignal.timeout(this.#callTimeoutMs)])
    try {
      return await this.#record.write(term.lease, renewed(term.lease.spec ?? {}, this.#clock.date()), call)
    } catch (error) {
      if (signal.aborted) return undefined
      log?.warn({ err: error }, 'cannot renew the lease')
      if (!isConflict(error) && !isNotFound(error)) return undefined
    }
    try {
      // A conflict is also what a renewal looks like whose answer was lost, or a label that somebody set.
      const seen = await this.#record.read(call)
      if (!seen || !sameTerm(seen.lease.spec, term.lease.spec)) return 'lost'
      term.lease = seen.lease
    } catch {
      // Not known either way.
    }
    return undefined
  }

  async #release(term: Term): Promise<void> {
    const call = AbortSignal.timeout(this.#callTimeoutMs)
    try {
      await this.#record.write(term.lease, released(term.lease.spec ?? {}, this.#clock.date()), call)
    } catch (error) {
      // It runs out by itself.
      this.#options.log?.warn({ err: error }, 'cannot give the lease back')
    }
  }

  /** A hanging call leaves time for another one before the deadline. */
  get #callTimeoutMs(): number {
    return Math.max(this.#retryMs, this.#deadlineMs / 2)
  }

  /** Never rejects; spread, so that candidates do not all try in the same moment. */
  async #pause(signal: AbortSignal): Promise<void> {
    await sleep(this.#clock, this.#retryMs * (0.8 + 0.4 * this.#random()), signal).catch(() => undefined)
  }
}

const sameTerm = (a: LeaseSpec | undefined, b: LeaseSpec | undefined) =>
  a?.holderIdentity === b?.holderIdentity && epochOf(a) === epochOf(b)
