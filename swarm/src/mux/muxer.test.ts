// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setImmediate } from 'node:timers/promises'
import type { MessageStream, Stream } from '@libp2p/interface'
import { multiaddrConnectionPair } from '@libp2p/utils'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { MuxKind, muxHead } from './frame.ts'
import { Muxer } from './muxer.ts'
import { firstWindow } from './read-window.ts'
import type { MuxStream } from './stream.ts'

const protocol = '/test/1'

/** Two ends of one connection, and the streams that the second one saw come. */
function pair() {
  const [outbound, inbound] = multiaddrConnectionPair()
  const [a, b] = [outbound, inbound].map(
    (connection) => new Muxer(connection, { mostStreams: 8 }, () => [protocol]),
  ) as [Muxer, Muxer]
  const come: MuxStream[] = []
  b.addEventListener('stream', ({ detail }) => come.push(detail))
  const open = async (name?: string): Promise<[MuxStream, MuxStream]> => {
    const near = await a.createStream(name === undefined ? {} : { protocol: name })
    await vi.waitFor(() => expect(come.map(({ id }) => id)).toContain(near.id))
    return [near, come.find(({ id }) => id === near.id) as MuxStream]
  }
  return { a, b, outbound, inbound, come, open }
}

/** Collects what comes by either way, in order. */
function collect(stream: MuxStream) {
  const parts: Uint8Array[] = []
  stream.addEventListener('message', ({ data }) => parts.push(Uint8Array.from(data.subarray())))
  stream.readBy((bytes) => parts.push(Uint8Array.from(bytes)))
  return () => Buffer.concat(parts)
}

const closed = (stream: Stream) =>
  new Promise<Error | undefined>((resolve) =>
    stream.addEventListener('close', ({ error }) => resolve(error), { once: true }),
  )

async function sendAll(stream: MuxStream, bytes: Uint8Array, step: number): Promise<void> {
  for (let at = 0; at < bytes.length; at += step) {
    if (!stream.sendParts([bytes.subarray(at, at + 3), bytes.subarray(at + 3, at + step)])) {
      await vi.waitFor(() => expect(stream.writeBufferLength).toBe(0), { interval: 1, timeout: 5000 })
    }
  }
}

test('bytes of several streams arrive in order, through pauses, whatever their sizes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 4000, max: 90_000 }), { minLength: 1, maxLength: 3 }),
      async (steps) => {
        const { open } = pair()
        await Promise.all(
          steps.map(async (step, i) => {
            const [near, far] = await open(i % 2 === 0 ? protocol : undefined)
            const received = collect(far)
            const sent = Buffer.alloc(9 * firstWindow + step, step)
            sent.forEach((_, at) => {
              if (at % 251 === 0) sent[at] = at
            })
            const pausing = setInterval(() => (far.readStatus === 'paused' ? far.resume() : far.pause()), 2)
            await sendAll(near, sent, step)
            clearInterval(pausing)
            far.resume()
            await vi.waitFor(() => expect(received().length).toBe(sent.length), 5000)
            expect(received().equals(sent)).toBe(true)
          }),
        )
      },
    ),
    { numRuns: 5 },
  )
})

test('while nobody reads, no more is sent than the other end holds', async () => {
  const { open } = pair()
  const [near, far] = await open(protocol)
  while (near.send(Buffer.alloc(30_000))) {}
  for (let i = 0; i < 20; i++) near.send(Buffer.alloc(30_000))
  await vi.waitFor(() => expect(far.readBufferLength).toBe(firstWindow))
  const received = collect(far)
  await vi.waitFor(() => expect(near.writeBufferLength).toBe(0))
  await vi.waitFor(() => expect(received().length).toBeGreaterThan(2 * firstWindow))
})

test('credit moves nothing into a connection that takes nothing', async () => {
  const { open, outbound } = pair()
  const [near, far] = await open(protocol)
  far.pause()
  near.send(Buffer.alloc(3 * firstWindow))
  await vi.waitFor(() => expect(far.readBufferLength).toBe(firstWindow))
  outbound.writableNeedsDrain = true
  const received = collect(far)
  far.resume()
  await vi.waitFor(() => expect(near.credit).toBeGreaterThan(0))
  await setImmediate()
  expect(near.writeBufferLength).toBe(2 * firstWindow)
  outbound.safeDispatchEvent('drain')
  await vi.waitFor(() => expect(received().length).toBe(3 * firstWindow))
})

test('each end may end before the other, and the stream is gone when both have', async () => {
  const { open, a, b } = pair()
  const [near, far] = await open(protocol)
  const received = collect(near)
  const gone = Promise.all([closed(near), closed(far)])
  await near.close()
  await vi.waitFor(() => expect(far.remoteWriteStatus).toBe('closed'))
  far.send(Buffer.from('still here'))
  await vi.waitFor(() => expect(received().toString()).toBe('still here'))
  await far.close()
  expect(await gone).toEqual([undefined, undefined])
  expect([a.streams, b.streams]).toEqual([[], []])
})

test('a stream that is reset is gone at the other end too, and harms no other', async () => {
  const { open } = pair()
  const [near, far] = await open(protocol)
  const [other, otherFar] = await open(protocol)
  const gone = closed(far)
  near.abort(new Error('no more'))
  expect((await gone)?.name).toBe('StreamResetError')
  const received = collect(otherFar)
  other.send(Buffer.from('here'))
  await vi.waitFor(() => expect(received().toString()).toBe('here'))
})

test.for([
  ['of a protocol that nobody speaks', '/other/1', 8],
  ['beyond the number allowed', protocol, 0],
] as const)('a stream %s is reset and not announced', async ([, name, mostStreams]) => {
  const [outbound, inbound] = multiaddrConnectionPair()
  const a = new Muxer(outbound, { mostStreams: 8 }, () => [])
  const b = new Muxer(inbound, { mostStreams }, () => [protocol])
  const announced = vi.fn()
  b.addEventListener('stream', announced)
  const stream = await a.createStream({ protocol: name })
  await vi.waitFor(() => expect(stream.status).toBe('reset'))
  expect(announced).not.toHaveBeenCalled()
})

test.for([
  ['opens the stream of the other end', () => [muxHead(MuxKind.Open, 2, 0)]],
  ['opens a stream twice', () => [muxHead(MuxKind.Open, 1, 0), muxHead(MuxKind.Open, 1, 0)]],
  ['gives a broken credit', () => [muxHead(MuxKind.Credit, 1, 1), Buffer.alloc(1)]],
  [
    'sends more than it may',
    () => [
      muxHead(MuxKind.Open, 1, 0),
      muxHead(MuxKind.Data, 1, firstWindow + 1),
      Buffer.alloc(firstWindow + 1),
    ],
  ],
] as const)('the connection of a peer that %s is broken off', async ([, frames]) => {
  const [outbound, inbound] = multiaddrConnectionPair()
  new Muxer(inbound, { mostStreams: 8 }, () => [protocol])
  const broken = new Promise<Error | undefined>((resolve) =>
    (inbound as MessageStream).addEventListener('close', ({ error }) => resolve(error)),
  )
  outbound.send(Buffer.concat(frames()))
  expect((await broken)?.name).toBe('MuxViolationError')
})

describe('a peer that opens streams which nobody wants', () => {
  const mostStreams = 8
  const opens = (count: number, from = 0) =>
    Buffer.concat(
      Array.from({ length: count }, (_, i) => muxHead(MuxKind.Open, 1 + 2 * (from + i), 1)).flatMap(
        (head) => [head, Buffer.from('?')],
      ),
    )

  /** A connection that takes nothing more at the near end. */
  function full() {
    const [outbound, inbound] = multiaddrConnectionPair()
    new Muxer(inbound, { mostStreams }, () => [protocol])
    const broken = vi.fn()
    inbound.addEventListener('close', ({ error }) => broken(error))
    inbound.writableNeedsDrain = true
    return { outbound, inbound, broken }
  }

  test('and reads none of the refusals is cut off before they fill the memory', async () => {
    const { outbound, broken } = full()
    outbound.send(opens(100 * mostStreams))
    await vi.waitFor(() => expect(broken.mock.lastCall?.[0]?.name).toBe('MuxViolationError'))
  })

  test('is heard out as often as it likes while it reads', async () => {
    const { outbound, inbound, broken } = full()
    for (let round = 0; round < 20; round++) {
      outbound.send(opens(2 * mostStreams, 2 * mostStreams * round))
      await setImmediate()
      inbound.safeDispatchEvent('drain')
      inbound.writableNeedsDrain = true
    }
    expect(broken).not.toHaveBeenCalled()
  })
})

test('when the connection goes, so do its streams', async () => {
  const { open, outbound } = pair()
  const [near, far] = await open(protocol)
  outbound.abort(new Error('cable'))
  await vi.waitFor(() => expect([near, far].map(({ status }) => status)).toEqual(['closed', 'closed']))
})
