// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { findCondition } from '@patchswarm/api'
import { expect, test } from 'vitest'
import { isPaused } from '../job-state.ts'
import { decide, failed, said } from '../testing/job-plans.ts'
import { job, now, rollout, row } from '../testing/objects.ts'
import { closedBy } from './schedule.ts'

const night = { start: '22:00', end: '06:00', timeZone: 'Europe/Berlin' }
const nowhere = { start: '00:00', end: '24:00', timeZone: 'posix/Europe/Berlin' }
const weekend = { days: ['Sat' as const], start: '00:00', end: '24:00', timeZone: 'Etc/UTC' }

test.for<{ name: string; at: string; schedule?: object; closed?: [reason: string, opens: string] }>([
  { name: 'a job without a schedule', at: '2026-11-21T12:00:00Z' },
  { name: 'a schedule without hours', at: '2026-11-21T12:00:00Z', schedule: { windows: [] } },
  {
    name: 'before its time',
    at: '2026-11-21T12:00:00Z',
    schedule: { notBefore: '2026-11-22T00:00:00Z', windows: [] },
    closed: ['WaitingForStart', '2026-11-22T00:00:00.000Z'],
  },
  {
    name: 'from its time on',
    at: '2026-11-22T00:00:00Z',
    schedule: { notBefore: '2026-11-22T00:00:00Z', windows: [] },
  },
  {
    name: 'before its time, which lies outside its hours',
    at: '2026-11-21T12:00:00Z',
    schedule: { notBefore: '2026-11-22T12:00:00Z', windows: [night] },
    closed: ['WaitingForStart', '2026-11-22T21:00:00.000Z'],
  },
  {
    name: 'outside its hours',
    at: '2026-11-21T12:00:00Z',
    schedule: { windows: [night] },
    closed: ['OutsideWindow', '2026-11-21T21:00:00.000Z'],
  },
  {
    name: 'the same hours in summer',
    at: '2026-07-21T12:00:00Z',
    schedule: { windows: [night] },
    closed: ['OutsideWindow', '2026-07-21T20:00:00.000Z'],
  },
  {
    name: 'the night in which clocks are put back',
    at: '2026-10-25T04:59:00Z',
    schedule: { windows: [night] },
  },
  {
    name: 'within one of several windows',
    at: '2026-11-21T12:00:00Z',
    schedule: { windows: [night, weekend] },
  },
  {
    name: 'without the hours of a time zone that nobody here knows',
    at: '2026-11-21T12:00:00Z',
    schedule: { windows: [nowhere, night] },
    closed: ['OutsideWindow', '2026-11-21T21:00:00.000Z'],
  },
  {
    name: 'within hours beside those of a time zone that nobody here knows',
    at: '2026-11-21T12:00:00Z',
    schedule: { windows: [nowhere, weekend] },
  },
  { name: 'within hours that began yesterday', at: '2026-11-21T04:59:59Z', schedule: { windows: [night] } },
])('$name', ({ at, schedule, closed }) => {
  const found = closedBy(job(schedule ? { schedule: schedule as never } : {}), new Date(at))
  expect(found && [found.reason, new Date(found.opensAt).toISOString()]).toEqual(closed)
})

const hours = { start: '13:00', end: '14:00', timeZone: 'Etc/UTC' }
const inHours = (atWindowEnd: 'Finish' | 'Pause' = 'Finish') => ({
  schedule: { windows: [hours], atWindowEnd },
})

test('outside its hours a job begins on no node and has no start time yet', () => {
  const planned = decide({ job: job(inHours()) })
  expect(said(planned)).toBe('False Reconciling OutsideWindow')
  expect(planned.create).toEqual([])
  expect(planned.status.startTime).toBeUndefined()
})

test('a time zone that nobody here knows lets no node begin, and is named', () => {
  const planned = decide({ job: job({ schedule: { windows: [nowhere], atWindowEnd: 'Finish' } }) })
  expect(said(planned)).toBe('False Reconciling OutsideWindow')
  expect(findCondition(planned.status.conditions, 'Ready')?.message).toBe(
    'No node ever begins: spec.schedule.windows name no hours that come; this operator knows no time zone posix/Europe/Berlin: name another one.',
  )
})

test.for([
  { atWindowEnd: 'Finish' as const, pauses: false, says: '1 running node may finish.' },
  { atWindowEnd: 'Pause' as const, pauses: true, says: '1 running node paused.' },
])('nodes at work when the hours are over: $atWindowEnd', ({ atWindowEnd, pauses, says }) => {
  const planned = decide({ job: job(inHours(atWindowEnd)), nodeDistributions: [row('n1')] })
  const message = findCondition(planned.status.conditions, 'Ready')?.message
  expect(message).toBe(`No node begins before 2026-11-21T13:00:00.000Z; ${says}`)
  expect(isPaused(job(inHours(atWindowEnd), planned.status), now)).toBe(pauses)
})

test.for([
  { atWindowEnd: 'Finish' as const, pauses: false, says: '1 running node may finish.' },
  { atWindowEnd: 'Pause' as const, pauses: true, says: '1 running node paused.' },
])('nodes at work in a halted job when the hours are over: $atWindowEnd', ({ atWindowEnd, pauses, says }) => {
  const halting = job({ ...inHours(atWindowEnd), rollout: rollout({ failureThreshold: 1 }) })
  const planned = decide({ job: halting, nodeDistributions: [row('n1', failed), row('n2')] })
  const message = findCondition(planned.status.conditions, 'Ready')?.message
  expect(said(planned)).toBe('False Stalled FailureThresholdExceeded')
  expect(message).toContain(`Halted: 1 node not begun, ${says}`)
  expect(isPaused({ ...halting, status: planned.status }, now)).toBe(pauses)
})
