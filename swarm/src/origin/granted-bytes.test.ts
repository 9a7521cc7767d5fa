// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { type GrantAnswer, GrantedBytes, type Leave } from './granted-bytes.ts'

const KiB = 1024
const spent = { reason: 'OriginBudgetExhausted', message: 'all spent' }

/** `answers` are given in turn; a number is a grant of so many bytes. */
function granted(answers: (number | Partial<GrantAnswer> | Error)[], bytes = 0, keep?: Leave['keep']) {
  const asked: { offset: number; length: number; held?: number }[] = []
  const leave: Leave = { bytes, ...(keep && { keep }) }
  const of = new GrantedBytes({
    ask: async ({ offset, length, held }) => {
      asked.push({ offset, length, ...(held !== undefined && { held }) })
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

describe('leave that outlives the process', () => {
  const total = 100_000 * KiB

  test('is asked for a minute ahead, and again when half of that is used, while the reader goes on', async () => {
    const { of, asked, leave } = granted([], 0, async () => {})
    of.totalSize = total
    for (let offset = 0; offset < 40 * 600 * KiB; offset += 600 * KiB) {
      await of.take(offset, 600 * KiB)
      await new Promise(setImmediate)
    }
    const minute = 30 * 600 * KiB
    expect(asked).toEqual([
      { offset: 0, length: minute, held: 0 },
      { offset: minute, length: minute / 2 + 600 * KiB, held: minute / 2 - 600 * KiB },
      { offset: 1.5 * minute + 600 * KiB, length: minute / 2 + 600 * KiB, held: minute / 2 - 600 * KiB },
    ])
    expect(leave.bytes).toBeGreaterThan(minute / 2)
  })

  test('is used up while the tracker is away, and no more than it', async () => {
    const away = Array.from({ length: 100 }, () => new Error('away'))
    const { of, leave } = granted(away, 2400 * KiB, async () => {})
    of.totalSize = total
    const takes = [0, 1, 2, 3].map((at) => of.take(at * 600 * KiB, 600 * KiB))
    expect(await Promise.all(takes)).toEqual(takes.map(() => 600 * KiB))
    expect(leave.bytes).toBe(0)
  })

  test('ends with the file', async () => {
    const { of, asked } = granted([], 0, async () => {})
    of.totalSize = 9000 * KiB
    for (let offset = 0; offset < 9000 * KiB; ) offset += await of.take(offset, 600 * KiB)
    expect(asked).toEqual([{ offset: 0, length: 9000 * KiB, held: 0 }])
  })

  test('is not put into one request, which a death would cost', async () => {
    const { of } = granted([new Error('away')], 4000 * KiB, async () => {})
    expect([await of.take(0, 9000 * KiB), await of.take(0, 9000 * KiB)]).toEqual([1000 * KiB, 1000 * KiB])
  })

  test('is written down before a request may be made of it', async () => {
    const written: number[] = []
    const { of, leave } = granted([], 3000 * KiB, async () => void written.push(leave.bytes))
    await of.take(0, 600 * KiB)
    expect(written).toEqual([2400 * KiB])
    const full = granted([], 900 * KiB, () => Promise.reject(new Error('no space')))
    await expect(full.of.take(0, 600 * KiB)).rejects.toThrow('no space')
    expect(full.leave.bytes).toBe(900 * KiB)
  })
})

test('leave for all is not taken when it is not given in full', async () => {
  const { of, leave } = granted([10, 10, spent, spent], 10)
  await expect(of.takeAll(0, 1000)).rejects.toMatchObject({ name: 'OriginError' })
  expect(leave.bytes).toBe(30)
  await of.takeAll(0, 100)
  expect(leave.bytes).toBe(0)
})
