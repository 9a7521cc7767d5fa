// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Lease, LeaseSpec } from './builtin.ts'

/** A Lease as seen by us: what it says, and when, by our own clock, we first saw it say so. */
export interface Sighting {
  lease: Lease
  /** Clock.now() after the read that first showed this version: the holder counts from before it. */
  seenAt: number
}

/** Keeps the time of the first sighting while the holder renews nothing: clocks of two machines are never compared. */
export function sight(previous: Sighting | undefined, lease: Lease, now: number): Sighting {
  const same = previous && previous.lease.metadata.resourceVersion === lease.metadata.resourceVersion
  return { lease, seenAt: same ? previous.seenAt : now }
}

/**
 * When a candidate may take the lease: at once when nobody holds it, or our own name stands in it (an earlier process of
 * this Pod, which is dead), else a whole lease after its last renewal that we saw.
 */
export function availableAt({ lease, seenAt }: Sighting, identity: string, fallbackMs: number): number {
  const holder = lease.spec?.holderIdentity
  if (!holder || holder === identity) return Number.NEGATIVE_INFINITY
  const seconds = lease.spec?.leaseDurationSeconds
  return seenAt + (seconds === undefined ? fallbackMs : seconds * 1000)
}

/** The epoch of a term of leadership; every term has a greater one than all before it. */
export function epochOf(spec: LeaseSpec | undefined): number {
  return spec?.leaseTransitions ?? 0
}

/**
 * A new term: also when the same identity comes back, so that an epoch never belongs to two processes. `epoch` is the
 * greatest one seen so far.
 */
export function acquired(epoch: number, identity: string, durationMs: number, date: Date): LeaseSpec {
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(durationMs / 1000),
    acquireTime: microTime(date),
    renewTime: microTime(date),
    leaseTransitions: epoch + 1,
  }
}

const EPOCHS_BEGIN = Date.UTC(2026, 0, 1)

/**
 * What stands for the last epoch where there is no Lease. Not 0: who remembers the epochs of a Lease that was deleted,
 * with its namespace say, must find the new ones greater. Minutes grow faster than leaders change.
 */
export function epochWithoutLease(date: Date): number {
  return Math.max(0, Math.floor((date.getTime() - EPOCHS_BEGIN) / 60_000))
}

export function renewed(held: LeaseSpec, date: Date): LeaseSpec {
  return { ...held, renewTime: microTime(date) }
}

/** Free at once for the next one. */
export function released(held: LeaseSpec, date: Date): LeaseSpec {
  return { ...held, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(date) }
}

/** RFC 3339 with exactly six digits of a second, as the API server insists. */
export function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z')
}
