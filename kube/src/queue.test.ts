// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { createManualClock, type ManualClock } from './manual-clock.ts'
import { createQueue, type Queue } from './queue.ts'

let clock: ManualClock
let queue: Queue
const never = new AbortController().signal

beforeEach(() => {
  clock = createManualClock()
  queue = createQueue({ clock, random: () => 1, backoff: { baseMs: 100, maxMs: 1000 } })
})

test('keys come out in the order in which they went in', async () => {
  for (const key of ['a', 'b', 'c']) queue.add(key)
  expect([await queue.take(never), await queue.take(never), await queue.take(never)]).toEqual(['a', 'b', 'c'])
})

test('a key added many times waits once', async () => {
  for (let time = 0; time < 5; time++) queue.add('a')
  expect(queue.length).toBe(1)
  await queue.take(never)
  queue.done('a')
  expect(queue.length).toBe(0)
})

test('a key added while it is worked on comes again, but only after that work is done', async () => {
  queue.add('a')
  await queue.take(never)
  queue.add('a')
  queue.add('a')
  expect(queue.length).toBe(0)
  queue.done('a')
  expect(queue.length).toBe(1)
})

test('a worker that waits gets the next key, the one that waited longest first', async () => {
  const taken = [queue.take(never), queue.take(never)]
  queue.add('a')
  queue.add('b')
  expect(await Promise.all(taken)).toEqual(['a', 'b'])
})

test('a worker that stops waiting takes no key with it', async () => {
  const stop = new AbortController()
  const stopped = queue.take(stop.signal)
  stop.abort()
  expect(await stopped).toBeUndefined()
  queue.add('a')
  expect(await queue.take(never)).toBe('a')
  expect(await queue.take(stop.signal)).toBeUndefined()
})

test('a delayed key comes after its time and not before', async () => {
  queue.addAfter('a', 1000)
  await clock.advance(999)
  expect(queue.length).toBe(0)
  await clock.advance(1)
  expect(queue.length).toBe(1)
})

test.for([
  { name: 'an earlier time after a later one', delays: [1000, 300], due: 300 },
  { name: 'a later time after an earlier one', delays: [300, 1000], due: 300 },
])('of several times the earliest counts: $name', async ({ delays, due }) => {
  for (const delay of delays) queue.addAfter('a', delay)
  expect(clock.timers).toBe(1)
  await clock.advance(due)
  expect(await queue.take(never)).toBe('a')
  queue.done('a')
  await clock.advance(10_000)
  expect(queue.length).toBe(0)
})

test('an addition at once replaces a delayed one', async () => {
  queue.addAfter('a', 1000)
  queue.add('a')
  await queue.take(never)
  queue.done('a')
  await clock.advance(5000)
  expect(queue.length).toBe(0)
})

test('failures of one key wait longer and longer, up to the limit, until it is forgotten', async () => {
  const waits: number[] = []
  const failAndMeasure = async () => {
    queue.addRateLimited('a')
    let waited = 0
    for (; queue.length === 0; waited += 50) await clock.advance(50)
    await queue.take(never)
    queue.done('a')
    return waited
  }
  for (let time = 0; time < 6; time++) waits.push(await failAndMeasure())
  expect(waits).toEqual([100, 200, 400, 800, 1000, 1000])
  expect(queue.failures('a')).toBe(6)
  queue.forget('a')
  expect(await failAndMeasure()).toBe(100)
})

test('a failure waits at least as long as the server asked', async () => {
  queue.addRateLimited('a', 5000)
  await clock.advance(4999)
  expect(queue.length).toBe(0)
  await clock.advance(1)
  expect(queue.length).toBe(1)
})

test('one key that fails does not slow another down', async () => {
  for (let time = 0; time < 5; time++) queue.addRateLimited('a')
  queue.addRateLimited('b')
  await clock.advance(100)
  expect(queue.length).toBe(2)
})

test('stopping leaves no timer behind', () => {
  queue.addAfter('a', 1000)
  queue.addRateLimited('b')
  queue.stop()
  expect(clock.timers).toBe(0)
})

/** A queue beside a record of what it owes: every key added must come out later. */
function createLedger() {
  const clock = createManualClock()
  const queue = createQueue({ clock })
  const working = new Set<string>()
  const owed = new Set<string>()
  return {
    owed,
    add(key: string) {
      owed.add(key)
      queue.add(key)
    },
    later(key: string) {
      owed.add(key)
      queue.addAfter(key, 150)
    },
    advance: () => clock.advance(100),
    async take() {
      if (queue.length === 0) return
      const key = (await queue.take(never)) as string
      expect(working.has(key)).toBe(false)
      working.add(key)
      owed.delete(key)
    },
    done(key: string) {
      if (working.delete(key)) queue.done(key)
    },
    async finish() {
      for (const key of working) queue.done(key)
      working.clear()
      await clock.advance(1000)
      while (queue.length > 0) await this.take()
    },
  }
}

test('whatever is added when, no key is worked on twice at a time and none is lost', async () => {
  const step = fc.record({
    verb: fc.constantFrom(
      'add' as const,
      'later' as const,
      'take' as const,
      'done' as const,
      'advance' as const,
    ),
    key: fc.constantFrom('a', 'b', 'c'),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const ledger = createLedger()
      for (const { verb, key } of steps) await ledger[verb](key)
      await ledger.finish()
      expect([...ledger.owed]).toEqual([])
    }),
    { numRuns: 200 },
  )
})
