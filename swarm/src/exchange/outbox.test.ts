// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setImmediate } from 'node:timers/promises'
import type { Stream } from '@libp2p/interface'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { describe, expect, test, vi } from 'vitest'
import { unlimited } from '../limits/index.ts'
import { mux } from '../mux/index.ts'
import { FrameReader } from './frame-reader.ts'
import { Link } from './link.ts'
import type { LinkSink } from './link-sink.ts'
import { chunkProtocol, leavesPerPart, type ManifestMessage, type Message, mostChunks } from './messages.ts'
import { Outbox } from './outbox.ts'
import { largePieceBytes } from './piece-size.ts'

/** What comes out at the other end of an outbox; it asks nothing else of a stream before the first chunk. */
function createOutbox() {
  const told: Message[] = []
  const reader = new FrameReader({
    message: (message) => told.push(message),
    pieceBegins: () => new Uint8Array(),
    pieceEnds: () => {},
  })
  const send = (parts: Iterable<Uint8Array>) => {
    for (const part of parts) reader.push(part)
    return true
  }
  const owner = { sink: { sent: () => {}, unreadable: () => {} }, abort: () => {}, ended: () => {} }
  const outbox = new Outbox(
    { send, writeStatus: 'writable', writeBufferLength: 0 } as unknown as Stream,
    unlimited,
    owner,
  )
  return { outbox, told }
}

test('what was got leaves with what is said next', async () => {
  const { outbox, told } = createOutbox()
  outbox.have([3])
  outbox.have([4])
  await setImmediate()
  expect(told).toEqual([])
  outbox.send({ type: 'invite' })
  await setImmediate()
  expect(told).toEqual([{ type: 'have', ranges: [[3, 2]] }, { type: 'invite' }])
})

test('what was got and has not left is announced when it is asked for', async () => {
  const { outbox, told } = createOutbox()
  outbox.have([3])
  outbox.announce()
  await setImmediate()
  expect(told).toEqual([{ type: 'have', ranges: [[3, 1]] }])
})

test('all chunks of the largest file are announced at once', async () => {
  const { outbox, told } = createOutbox()
  outbox.have([...Array(mostChunks).keys()])
  outbox.announce()
  await setImmediate()
  expect(told).toEqual([{ type: 'have', ranges: [[0, mostChunks]] }])
})

test('a peer that was told PASS full hears at once, whatever was said to it since', async () => {
  const { outbox, told } = createOutbox()
  outbox.send({ type: 'pass', reason: 'full' })
  outbox.send({ type: 'arrived', chunk: 1 })
  await setImmediate()
  outbox.have([1])
  await setImmediate()
  expect(told.map(({ type }) => type)).toEqual(['pass', 'arrived', 'have'])
})

describe('over a stream of ours', () => {
  const leaves = 1_000_000
  /** 256 KiB of a manifest. */
  const part = (first: number): ManifestMessage => ({
    type: 'manifest',
    format: 1,
    complete: true,
    size: leaves,
    chunkSize: 1,
    leaves,
    first,
    signature: new Uint8Array(),
    digests: new Uint8Array(leavesPerPart * 32),
  })
  const chunks = [50 * 1024, 4 * 1024 * 1024].map((bytes) => Buffer.alloc(bytes))
  const chunkBytes = Buffer.concat(chunks).length

  /** Both ends of a stream; the far one reads nothing yet. `received` are the bytes of pieces that came. */
  async function streams() {
    const components = { registrar: { getProtocols: () => [chunkProtocol] } }
    const [a, b] = multiaddrConnectionPair().map((one) =>
      mux({ mostStreams: 8 })(components).createStreamMuxer(one),
    )
    const come = new Promise<Stream>((resolve) => b?.addEventListener('stream', (e) => resolve(e.detail)))
    const near = (await a?.createStream({ protocol: chunkProtocol })) as Stream
    const far = await come
    far.pause()
    return { near, far }
  }

  const sink = (over: Partial<LinkSink>): LinkSink => ({
    message: () => {},
    pieceBegins: (_chunk, _offset, length) => new Uint8Array(length),
    pieceEnds: () => {},
    sent: () => {},
    unreadable: () => {},
    closed: () => {},
    ...over,
  })

  /** A link on which the second of two chunks waits until its peer reads. */
  async function waiting(stream: Stream, over: Partial<LinkSink> = {}): Promise<Link> {
    const link = new Link(stream, () => sink(over))
    chunks.forEach((bytes, chunk) => {
      const read = async () => bytes
      link.sendChunk(chunk, read, () => {})
    })
    await vi.waitFor(() => expect(link.blockedSince).toBeDefined())
    return link
  }

  test('a peer that asks on and reads nothing while a piece waits for it is reset at 4 MiB', async () => {
    const { near, far } = await streams()
    const closed = vi.fn()
    const link = await waiting(near, { closed })
    let most = 0
    for (let turn = 0; turn < 100 && !link.closed; turn++) {
      link.send(part(0))
      await setImmediate()
      most = Math.max(most, near.writeBufferLength)
    }
    expect(closed.mock.lastCall?.[0]).toMatchObject({ name: 'LinkOverflowError' })
    expect(most).toBeLessThanOrEqual(4 * 1024 * 1024)
    await vi.waitFor(() => expect(far.status).toBe('reset'))
  })

  test('a piece waits until what was said before it has gone, and leaves credit to spare', async () => {
    const { near, far } = await streams()
    const link = await waiting(near)
    link.send(part(0))
    await vi.waitFor(() => expect(near.writeBufferLength).toBeGreaterThan(0))
    const pieces: number[] = []
    const closed = vi.fn()
    const reading = new Link(far, () =>
      sink({ closed, pieceEnds: (_chunk, _offset, length) => pieces.push(length) }),
    )
    reading.resume()
    const sum = () => pieces.reduce((bytes, piece) => bytes + piece, 0)
    await vi.waitFor(() => expect(closed.mock.lastCall?.[0] ?? sum()).toBe(chunkBytes), 5000)
    expect(Math.max(...pieces)).toBeLessThanOrEqual(largePieceBytes)
  })

  test('a peer that reads slowly gets a manifest of a million leaves, and the chunks that it waits for', async () => {
    const { near, far } = await streams()
    const got: number[] = []
    let pieces = 0
    const closed = vi.fn()
    const answering: Link = await waiting(near, {
      closed,
      message: (message) => message.type === 'wantManifest' && answering.send(part(message.first)),
    })
    const asking = new Link(far, () =>
      sink({
        closed,
        pieceEnds: (_chunk, _offset, length) => (pieces += length),
        message: (message) => {
          if (message.type !== 'manifest') return
          got.push(message.first)
          const next = message.first + leavesPerPart
          if (next < leaves) asking.send({ type: 'wantManifest', first: next })
        },
      }),
    )
    asking.send({ type: 'wantManifest', first: 0 })
    const reading = setInterval(() => (far.readStatus === 'paused' ? asking.resume() : asking.pause()), 2)
    await vi.waitFor(() => expect(got).toHaveLength(leaves / leavesPerPart), 8000)
    await vi.waitFor(() => expect(pieces).toBe(chunkBytes), 8000)
    clearInterval(reading)
    expect(closed).not.toHaveBeenCalled()
  })
})
