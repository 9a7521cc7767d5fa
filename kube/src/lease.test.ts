// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { expect, test } from 'vitest'
import type { Lease } from './builtin.ts'
import { acquired, availableAt, epochWithoutLease, microTime, released, renewed, sight } from './lease.ts'

const date = new Date('2026-11-21T12:00:00.123Z')
const lease = (resourceVersion: string, spec: Lease['spec'] = {}): Lease => ({
  metadata: { name: 'leader', resourceVersion },
  spec,
})
const held = { holderIdentity: 'other', leaseDurationSeconds: 15, leaseTransitions: 4 }

test.for([
  { name: 'a lease without a holder is free at once', spec: { ...held, holderIdentity: '' }, at: -Infinity },
  { name: 'a lease without a spec is free at once', spec: {}, at: -Infinity },
  {
    name: 'one under our own name is ours to take again',
    spec: { ...held, holderIdentity: 'me' },
    at: -Infinity,
  },
  { name: "another's is free when it ran out, counted from when we saw it renewed", spec: held, at: 16_000 },
  {
    name: 'the duration that counts is the one its holder wrote',
    spec: { ...held, leaseDurationSeconds: 60 },
    at: 61_000,
  },
  { name: 'and ours, when it wrote none', spec: { holderIdentity: 'other' }, at: 31_000 },
])('$name', ({ spec, at }) => {
  expect(availableAt({ lease: lease('1', spec), seenAt: 1000 }, 'me', 30_000)).toBe(at)
})

test('a lease that does not change keeps the time when it was first seen', () => {
  const first = sight(undefined, lease('1'), 1000)
  expect(sight(first, lease('1'), 9000).seenAt).toBe(1000)
  expect(sight(first, lease('2'), 9000).seenAt).toBe(9000)
})

test('a new term has the next epoch and begins now', () => {
  expect(acquired(4, 'me', 15_000, date)).toEqual({
    holderIdentity: 'me',
    leaseDurationSeconds: 15,
    acquireTime: '2026-11-21T12:00:00.123000Z',
    renewTime: '2026-11-21T12:00:00.123000Z',
    leaseTransitions: 5,
  })
})

test('a renewal changes the time alone, a release the holder too, and neither the epoch', () => {
  const spec = acquired(4, 'me', 15_000, new Date(0))
  expect(renewed(spec, date)).toEqual({ ...spec, renewTime: microTime(date) })
  expect(released(spec, date)).toMatchObject({ holderIdentity: '', leaseTransitions: 5 })
})

test('where there is no lease, epochs begin above those of one that changed hands every minute', () => {
  const later = new Date(date.getTime() + 60 * 60_000)
  expect(epochWithoutLease(later)).toBe(epochWithoutLease(date) + 60)
  expect(epochWithoutLease(new Date(0))).toBe(0)
  // leaseTransitions holds 31 bits.
  expect(epochWithoutLease(new Date('2200-01-01'))).toBeLessThan(2 ** 31)
})
