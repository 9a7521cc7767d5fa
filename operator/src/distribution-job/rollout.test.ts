// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { findCondition } from '@patchswarm/api'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isOver } from '../job-state.ts'
import { isFinished } from '../node-progress.ts'
import { nodes, now, rollout } from '../testing/objects.ts'
import { type Rollout, World } from '../testing/world.ts'
import type { Plan } from './plan.ts'
import { concurrency, failureLimit, inOrder } from './rollout.ts'
import { closedBy } from './schedule.ts'

test.for([
  { maxConcurrent: 3, of: 10, is: 3 },
  { maxConcurrent: 30, of: 10, is: 10 },
  { maxConcurrent: '100%', of: 7, is: 7 },
  { maxConcurrent: '25%', of: 10, is: 3 },
  { maxConcurrent: '1%', of: 10, is: 1 },
  { maxConcurrent: '50%', of: 0, is: 1 },
])('$maxConcurrent of $of nodes is $is', ({ maxConcurrent, of, is }) => {
  expect(concurrency(maxConcurrent, of)).toBe(is)
})

test('the order of nodes is the same for one job and another for the next', () => {
  const order = (jobUid: string, of = nodes(20)) => inOrder(of, jobUid).map((one) => one.metadata.name)
  expect(order('a')).toEqual(order('a'))
  expect(order('a')).not.toEqual(order('b'))
  expect(order('a', nodes(20).reverse())).toEqual(order('a'))
})

test.for([
  { threshold: undefined, of: 10, is: Number.POSITIVE_INFINITY },
  { threshold: 2, of: 10, is: 2 },
  { threshold: '25%', of: 10, is: 3 },
  { threshold: '1%', of: 3, is: 1 },
])('a threshold of $threshold is reached by $is of $of failed nodes', ({ threshold, of, is }) => {
  expect(failureLimit(rollout(threshold === undefined ? {} : { failureThreshold: threshold }), of)).toBe(is)
})

const counts = fc.oneof(
  fc.integer({ min: 1, max: 12 }),
  fc.integer({ min: 1, max: 100 }).map((n) => `${n}%`),
)
const waves = fc
  .array(fc.record({ nodes: counts, soakSeconds: fc.constantFrom(0, 60) }), { maxLength: 3 })
  .map((list) => list.map((one, index) => ({ name: `w${index}`, ...one })))
const rollouts = fc.record({
  maxConcurrent: counts,
  waves,
  onThreshold: fc.constantFrom('Halt' as const, 'Continue' as const),
  retries: fc.integer({ min: 0, max: 2 }),
})

/** What must hold at every step, whatever happens. */
function expectOrder(world: World, planned: Plan, over: Rollout): void {
  const { status, create, rows } = planned
  const { count } = world
  const again = rows.filter((one) => one.status.state === 'Waiting')
  const { desired = 0, waiting = 0, active = 0, succeeded = 0, failed = 0, skipped = 0 } = status
  expect(active).toBeLessThanOrEqual(concurrency(over?.maxConcurrent, count))
  expect(waiting + active + succeeded + failed + skipped).toBe(desired)
  expect(desired).toBeLessThanOrEqual(count)
  if (over?.onThreshold === 'Halt' && failed >= failureLimit(rollout(over), desired)) {
    expect([...create, ...again]).toEqual([])
  }
  const order = [...(over?.waves ?? []).map((one) => one.name), 'rest']
  const begins = create.map((one) => order.indexOf(one.spec.wave ?? 'rest'))
  const unfinished = world.rows.filter((one) => !isFinished(one) && world.has(one.spec.nodeName))
  for (const { spec } of unfinished) {
    for (const wave of begins) expect(order.indexOf(spec.wave ?? 'rest')).toBeGreaterThanOrEqual(wave)
  }
}

test('however nodes end, stall, vanish, join and operators crash: never too many at once, none after a halt, no wave before its turn, every node counted once and none left', () => {
  fc.assert(
    fc.property(
      rollouts,
      fc.option(counts, { nil: undefined }),
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.nat(), { maxLength: 60 }),
      (base, failureThreshold, count, fates) => {
        const over = { ...base, ...(failureThreshold === undefined ? {} : { failureThreshold }) }
        const world = new World(count, over)
        for (const fate of [...fates, ...Array.from({ length: 8 * (count + fates.length) + 8 }, () => 0)]) {
          world.refused = fate % 11 === 5
          const planned = world.plan()
          expectOrder(world, planned, over)
          world.apply(planned, fate % 5 === 4)
          expect(new Set(world.rows.map((one) => one.spec.nodeName)).size).toBe(world.rows.length)
          if (isOver(world.job)) {
            expect(world.waiting).toEqual([])
            return
          }
          world.end(fate)
          world.move(fate)
          world.time += 61_000
        }
        expect(findCondition(world.status.conditions, 'Ready')?.reason).toBe('FailureThresholdExceeded')
      },
    ),
    { numRuns: 100 },
  )
})

const hour = fc.integer({ min: 0, max: 23 }).map((n) => `${String(n).padStart(2, '0')}:30`)
const windows = fc.array(
  fc.record({
    days: fc.subarray(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const, { minLength: 1 }),
    start: hour,
    end: hour,
    timeZone: fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'),
  }),
  { minLength: 1, maxLength: 3 },
)
const dayMs = 86_400_000

test('whatever the hours, over changes of the clock, and whoever suspends it: nobody begins outside them, and the job ends', () => {
  fc.assert(
    fc.property(
      windows,
      fc.integer({ min: 0, max: 30 }),
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.nat(), { maxLength: 40 }),
      (hours, days, count, fates) => {
        const notBefore = new Date(now.getTime() + days * dayMs).toISOString()
        const world = new World(
          count,
          { maxConcurrent: 2 },
          { notBefore, windows: hours, atWindowEnd: 'Finish' },
        )
        for (const fate of [...fates, ...Array.from({ length: 40 * count }, () => 0)]) {
          world.suspended = fate % 4 === 3
          const closed = closedBy(world.job, new Date(world.time))
          const planned = world.plan()
          if (closed || world.suspended) expect(planned.create).toEqual([])
          if (planned.create.length > 0) expect(world.time).toBeGreaterThanOrEqual(Date.parse(notBefore))
          expect(planned.status.active).toBeLessThanOrEqual(2)
          world.apply(planned, fate % 5 === 4)
          if (isOver(world.job)) return
          world.end(fate)
          world.time = closed?.opensAt ?? world.time + 1_200_000
        }
        expect.fail(`not over at ${new Date(world.time).toISOString()}`)
      },
    ),
    { numRuns: 30 },
  )
})
