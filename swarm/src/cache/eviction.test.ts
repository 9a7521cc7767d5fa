// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type EvictionInput, evictionPlan } from './eviction.ts'
import type { CachedArtifact } from './types.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOW = 1_000 * DAY
const NO_LIMITS = { minSize: 0, maxSize: 0, minFree: 0, retentionMs: 0 }

/** A whole copy of 10 bytes that may go, used a minute ago. */
const copy = (key: string, over: Partial<CachedArtifact> = {}): CachedArtifact => ({
  key,
  bytes: 10,
  complete: true,
  lastUsedAt: NOW - 60_000,
  needed: false,
  spare: true,
  stuck: false,
  ...over,
})

const input = (over: Partial<EvictionInput>): EvictionInput => ({
  artifacts: [],
  disk: { usedBytes: 0, freeBytes: 1000 },
  limits: NO_LIMITS,
  incoming: 0,
  beside: 0,
  now: NOW,
  ...over,
})

const week = { ...NO_LIMITS, retentionMs: 7 * DAY }
const full = { usedBytes: 30, freeBytes: 0 }
const old = (days: number) => ({ lastUsedAt: NOW - days * DAY })

describe('what leaves the cache', () => {
  test.for<{ name: string; given: Partial<EvictionInput>; goes: string; ask?: string; lacking?: number }>([
    { name: 'nothing while there are no limits', given: { artifacts: [copy('a', old(999))] }, goes: '' },
    {
      name: 'a copy that nobody has used for the retention time, to the millisecond',
      given: { limits: week, artifacts: [copy('a', old(7)), copy('b', { lastUsedAt: NOW - 7 * DAY + 1 })] },
      goes: 'a:Retention',
    },
    {
      name: 'no copy that a delivery here needs, however old and whatever the disk',
      given: { limits: week, disk: full, incoming: 5, artifacts: [copy('a', { needed: true, ...old(99) })] },
      goes: '',
      lacking: 5,
    },
    {
      name: 'no whole copy that the tracker does not leave to others; it is asked instead',
      given: { limits: week, artifacts: [copy('a', { spare: false, ...old(99) })] },
      goes: '',
      ask: 'a',
    },
    {
      name: 'nothing more is asked for than what is lacking needs, oldest use first',
      given: {
        limits: { ...NO_LIMITS, maxSize: 30 },
        disk: { usedBytes: 30, freeBytes: 1000 },
        incoming: 8,
        artifacts: [copy('young', { spare: false }), copy('old', { spare: false, ...old(2) })],
      },
      goes: '',
      ask: 'old',
      lacking: 8,
    },
    {
      name: 'nothing is asked for when what may go is enough, however young',
      given: {
        limits: { ...NO_LIMITS, maxSize: 30 },
        disk: { usedBytes: 30, freeBytes: 1000 },
        incoming: 8,
        artifacts: [copy('young'), copy('old', { spare: false, ...old(2) })],
      },
      goes: 'young:Size',
    },
    {
      name: 'the one that was used longest ago, and no more than is needed',
      given: {
        limits: { ...NO_LIMITS, maxSize: 30 },
        disk: { usedBytes: 30, freeBytes: 1000 },
        incoming: 8,
        artifacts: [copy('young'), copy('old', old(2)), copy('older', old(3))],
      },
      goes: 'older:Size',
    },
    {
      name: 'as much as the free space needs',
      given: {
        limits: { ...NO_LIMITS, minFree: 15 },
        disk: { usedBytes: 30, freeBytes: 0 },
        artifacts: [copy('young'), copy('old', old(2)), copy('older', old(3))],
      },
      goes: 'older:FreeSpace old:FreeSpace',
    },
    {
      name: 'parts that nobody wants before whole copies',
      given: {
        disk: full,
        incoming: 5,
        artifacts: [copy('whole', old(3)), copy('part', { complete: false, spare: false })],
      },
      goes: 'part:FreeSpace',
    },
    {
      name: 'a part that nobody has wanted for an hour',
      given: { artifacts: [copy('part', { complete: false, lastUsedAt: NOW - HOUR })] },
      goes: 'part:Abandoned',
    },
    {
      name: 'a part for which the disk was too full, at once',
      given: { artifacts: [copy('part', { complete: false, stuck: true, lastUsedAt: NOW })] },
      goes: 'part:Abandoned',
    },
    {
      name: 'no part that a delivery goes on with',
      given: { artifacts: [copy('part', { complete: false, stuck: true, needed: true, ...old(3) })] },
      goes: '',
    },
    {
      name: 'what has outlived the retention time counts for the room',
      given: {
        limits: { ...week, maxSize: 30 },
        disk: full,
        incoming: 0,
        artifacts: [copy('young'), copy('old', old(8))],
      },
      goes: 'old:Retention',
    },
    {
      name: 'nothing by a clock that was set back',
      given: { limits: week, artifacts: [copy('a', { lastUsedAt: NOW + 99 * DAY })] },
      goes: '',
    },
  ])('$name', ({ given, goes, ask = '', lacking = 0 }) => {
    const plan = evictionPlan(input(given))
    expect(plan.remove.map(({ key, reason }) => `${key}:${reason}`).join(' ')).toBe(goes)
    expect(plan.ask.join(' ')).toBe(ask)
    expect(plan.lacking).toBe(lacking)
  })
})

describe('whatever is in the cache', () => {
  const artifact = fc.record({
    bytes: fc.integer({ min: 0, max: 100 }),
    complete: fc.boolean(),
    lastUsedAt: fc.integer({ min: NOW - 20 * DAY, max: NOW + DAY }),
    needed: fc.boolean(),
    spare: fc.boolean(),
    stuck: fc.boolean(),
  })
  const anything = fc.record({
    artifacts: fc
      .array(artifact, { maxLength: 12 })
      .map((all) => all.map((one, index) => ({ ...one, key: String(index) }))),
    freeBytes: fc.integer({ min: 0, max: 300 }),
    incoming: fc.integer({ min: 0, max: 300 }),
    beside: fc.integer({ min: 0, max: 300 }),
    limits: fc.record({
      minSize: fc.constant(0),
      maxSize: fc.integer({ min: 0, max: 500 }),
      minFree: fc.integer({ min: 0, max: 300 }),
      retentionMs: fc.constantFrom(0, DAY, 7 * DAY),
    }),
  })
  const planned = fc.property(anything, ({ artifacts, freeBytes, incoming, beside, limits }) => {
    const usedBytes = artifacts.reduce((sum, { bytes }) => sum + bytes, 0)
    const plan = evictionPlan({
      artifacts,
      disk: { usedBytes, freeBytes },
      limits,
      incoming,
      beside,
      now: NOW,
    })
    const gone = plan.remove.map(({ key }) => artifacts[Number(key)]!)
    // Nothing that is needed, and no whole copy that is not left to others.
    expect(gone.filter(({ needed, complete, spare }) => needed || (complete && !spare))).toEqual([])
    expect(plan.ask.filter((key) => artifacts[Number(key)]!.spare || artifacts[Number(key)]!.needed)).toEqual(
      [],
    )
    // Once each.
    expect(new Set(plan.remove.map(({ key }) => key)).size).toBe(gone.length)
    // The limits hold afterwards, or by as much as it says they do not.
    const freed = gone.reduce((sum, { bytes }) => sum + bytes, 0)
    const over = limits.maxSize > 0 ? usedBytes - freed + incoming - limits.maxSize : 0
    const under = limits.minFree + incoming + beside - (freeBytes + freed)
    expect(plan.lacking).toBe(Math.max(0, over, under))
    // What is left and might have gone for want of room would not have helped: none is left while room is lacking.
    const left = artifacts.filter((one) => !gone.includes(one) && !one.needed && (!one.complete || one.spare))
    if (plan.lacking > 0) expect(left).toEqual([])
    // What goes for room alone was not used after what stays.
    const forRoom = plan.remove.filter(({ reason }) => reason === 'Size' || reason === 'FreeSpace')
    const latest = Math.max(
      ...forRoom
        .map(({ key }) => artifacts[Number(key)]!)
        .filter(isWhole)
        .map(used),
    )
    expect(left.filter(isWhole).filter((one) => used(one) < latest)).toEqual([])
  })
  const isWhole = ({ complete }: { complete: boolean }) => complete
  const used = ({ lastUsedAt }: { lastUsedAt: number }) => Math.min(lastUsedAt, NOW)

  test('only what may go goes, the limits hold afterwards, and the last used stays', () => {
    fc.assert(planned, { numRuns: 500 })
  })
})
