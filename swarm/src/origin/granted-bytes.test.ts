// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { type GrantAnswer, GrantedBytes } from './granted-bytes.ts'

const KiB = 1024
const spent = { reason: 'OriginBudgetExhausted', message: 'all spent' }

/** `answers` are given in turn; a number is a grant of so many bytes. */
function granted(answers: (number | Partial<GrantAnswer> | Error)[], bytes = 0) {
  const asked: { offset: number; length: number }[] = []
  const leave = { bytes }
  const of = new GrantedBytes({
    ask: async ({ offset, length }) => {
      asked.push({ offset, length })
      const answer = answers.shift() ?? length
      if (answer instanceof Error) throw answer
      return {
        reason: '',
        message: '',
        length: 0,
        ...(typeof answer === 'number' ? { length: answer } : answer),
      }
    },
    leave,
    log: pino({ level: 'silent' }),
    random: () => 0,
    backoff: { baseMs: 1, capMs: 1 },
    signal: new AbortController().signal,
  })
  return { of, asked, leave }
}

describe('leave for a request', () => {
  test('is asked for where there is too little, and only what lacks', async () => {
    const { of, asked, leave } = granted([], 100 * KiB)
    expect(await of.take(1000, 600 * KiB)).toBe(600 * KiB)
    expect(asked).toEqual([{ offset: 1000 + 100 * KiB, length: 500 * KiB }])
    expect(leave.bytes).toBe(0)
  })

  test('is what is there when that is worth a request', async () => {
    const { of, asked, leave } = granted([], 300 * KiB)
    expect(await of.take(0, 600 * KiB)).toBe(300 * KiB)
    expect([asked, leave.bytes]).toEqual([[], 0])
  })

  test('is gone once it is taken, and comes back only when it is given back', async () => {
    const { of, leave } = granted([], 300 * KiB)
    await of.take(0, 300 * KiB)
    expect(leave.bytes).toBe(0)
    of.giveBack(5)
    expect(leave.bytes).toBe(5)
  })

  test('is asked for again while the tracker is away or refuses for the moment', async () => {
    const { of } = granted([new Error('away'), { reason: 'NotAllowed' }, 10])
    expect(await of.take(0, 10)).toBe(10)
  })

  test('is the little that is left when the budget is spent, and then an error', async () => {
    const { of } = granted([spent, spent], 7)
    expect(await of.take(0, 600 * KiB)).toBe(7)
    await expect(of.take(7, 600 * KiB)).rejects.toMatchObject({
      reason: spent.reason,
      message: spent.message,
    })
  })
})

test('leave for all is not taken when it is not given in full', async () => {
  const { of, leave } = granted([10, 10, spent, spent], 10)
  await expect(of.takeAll(0, 1000)).rejects.toMatchObject({ name: 'OriginError' })
  expect(leave.bytes).toBe(30)
  await of.takeAll(0, 100)
  expect(leave.bytes).toBe(0)
})
