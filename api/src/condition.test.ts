// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { describe, expect, test } from 'vitest'
import {
  type Condition,
  findCondition,
  isConditionTrue,
  messageMaxLength,
  type Readiness,
  setCondition,
  setReadiness,
  shortenMessage,
} from './condition.ts'

const monday = new Date('2026-01-05T10:00:00.123Z')
const tuesday = new Date('2026-01-06T10:00:00.123Z')
const ready = { type: 'Ready', status: 'False', reason: 'Ingesting', message: 'Ingesting 3 %.' } as const

describe('setCondition', () => {
  test('adds a condition with the time, in seconds', () => {
    expect(setCondition(undefined, ready, monday)).toEqual([
      { ...ready, lastTransitionTime: '2026-01-05T10:00:00Z' },
    ])
  })

  test('keeps the time when only reason and message change', () => {
    const before = setCondition([], ready, monday)
    const after = setCondition(before, { ...ready, reason: 'Resolving', message: 'Other.' }, tuesday)
    expect(after).toEqual([
      { ...ready, reason: 'Resolving', message: 'Other.', lastTransitionTime: '2026-01-05T10:00:00Z' },
    ])
  })

  test('moves the time when the status changes', () => {
    const after = setCondition(setCondition([], ready, monday), { ...ready, status: 'True' }, tuesday)
    expect(after[0]?.lastTransitionTime).toBe('2026-01-06T10:00:00Z')
  })

  test('keeps the order and the other conditions, and leaves the old list alone', () => {
    const before = setCondition(setCondition([], ready, monday), { ...ready, type: 'Suspended' }, monday)
    const copy = structuredClone(before)
    const after = setCondition(before, { ...ready, status: 'True' }, tuesday)
    expect(after.map(({ type }) => type)).toEqual(['Ready', 'Suspended'])
    expect(before).toEqual(copy)
  })

  test('writes the generation that it is about', () => {
    expect(setCondition([], { ...ready, observedGeneration: 7 }, monday)[0]?.observedGeneration).toBe(7)
  })

  test('cuts a message to what the API server takes, between characters', () => {
    const [condition] = setCondition([], { ...ready, message: '🐝'.repeat(5000) }, monday)
    expect([...(condition?.message ?? '')]).toHaveLength(messageMaxLength)
    expect(condition?.message.endsWith('🐝…')).toBe(true)
    expect(shortenMessage('x'.repeat(messageMaxLength))).toHaveLength(messageMaxLength)
  })
})

describe('setReadiness', () => {
  const states = ['Ready', 'Reconciling', 'Stalled'] as const
  const about = (state: Readiness['state']) => ({
    state,
    reason: `${state}Reason`,
    message: `It is ${state}.`,
  })
  const pairs = states.flatMap((from) => states.map((to) => ({ from, to })))

  test.for(pairs)('from $from to $to leaves one state, as kstatus reads it', ({ from, to }) => {
    const before = setReadiness([], about(from), 1, monday)
    const after = setReadiness(before, about(to), 2, tuesday)
    expect(isConditionTrue(after, 'Ready')).toBe(to === 'Ready')
    for (const type of ['Reconciling', 'Stalled']) {
      expect(findCondition(after, type)?.status).toBe(type === to ? 'True' : undefined)
    }
    expect(
      after.every(({ reason, observedGeneration }) => reason === `${to}Reason` && observedGeneration === 2),
    ).toBe(true)
  })

  test('does not touch conditions of other types', () => {
    const complete: Condition = { ...ready, type: 'Complete', status: 'True', lastTransitionTime: 'then' }
    expect(findCondition(setReadiness([complete], about('Ready'), undefined, monday), 'Complete')).toEqual(
      complete,
    )
  })

  test('is equal when nothing has changed', () => {
    const before = setReadiness([], about('Stalled'), 1, monday)
    expect(setReadiness(before, about('Stalled'), 1, tuesday)).toEqual(before)
  })
})
