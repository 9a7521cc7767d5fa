// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { pino } from 'pino'
import { expect, test } from 'vitest'
import { content, givenStore, loopback, serve } from './read-origin.fixture.ts'
import { OriginStretches, readStretch } from './read-origin.ts'
import { SourceBook } from './source-book.ts'

const LENGTH = 100_000
const TEN_MINUTES_MS = 600_000

givenStore()

/** An origin that says nothing of ranges to HEAD, and sends all of the file to whoever asks for a part. */
async function givenOne() {
  const seen = { whole: 0 }
  const url = await serve((request, response) => {
    if (request.method === 'GET') seen.whole += 1
    response.writeHead(200, { 'content-length': content.length })
    response.end(request.method === 'GET' ? content : undefined)
  })
  const clock = { now: 0 }
  const options = {
    sources: [{ url }],
    access: () => loopback,
    book: new SourceBook(),
    grant: async () => ({ length: 0, reason: 'OriginBudgetExhausted', message: '' }),
    log: pino({ level: 'silent' }),
    now: () => clock.now,
  }
  return { seen, clock, options }
}

const sink = () => ({ offset: 0, write: async () => {} })
const signal = AbortSignal.timeout(20_000)
const refusal = { reason: 'OriginUnreachable', message: /gives no parts of the file, only all of it/ }

test.for([
  {
    name: 'by a reader of ranges',
    reading({ options }: Awaited<ReturnType<typeof givenOne>>) {
      const origin = new OriginStretches(options)
      return (leave: { bytes: number }) =>
        origin.read({ sink: sink(), end: LENGTH, inOne: true }, leave, signal)
    },
  },
  {
    name: 'by a node that falls back',
    reading({ options }: Awaited<ReturnType<typeof givenOne>>) {
      return (leave: { bytes: number }) =>
        readStretch({ ...options, sink: sink(), end: LENGTH, size: content.length, leave, signal })
    },
  },
])(
  'an origin without ranges is asked for a part once $name, and what it may have sent is counted',
  async ({ reading }) => {
    const one = await givenOne()
    const read = reading(one)
    const leave = { bytes: LENGTH }
    await expect(read(leave)).rejects.toMatchObject(refusal)
    expect(leave.bytes).toBe(0)
    leave.bytes = LENGTH
    await expect(read(leave)).rejects.toMatchObject(refusal)
    expect([leave.bytes, one.seen.whole]).toEqual([LENGTH, 1])
  },
)

test('an origin without ranges is asked for a part again ten minutes later', async () => {
  const { seen, clock, options } = await givenOne()
  const origin = new OriginStretches(options)
  const read = () => origin.read({ sink: sink(), end: LENGTH, inOne: true }, { bytes: LENGTH }, signal)
  await expect(read()).rejects.toMatchObject(refusal)
  clock.now += TEN_MINUTES_MS
  await expect(read()).rejects.toMatchObject(refusal)
  expect(seen.whole).toBe(2)
})
