// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeFrame, FrameReader } from './frame.ts'

function readAll(bytes: Buffer, cuts: readonly number[], reader = new FrameReader()): Uint8Array[] {
  const frames: Uint8Array[] = []
  const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length]
  edges.slice(1).forEach((edge, index) => {
    reader.push(bytes.subarray(edges[index], edge), (frame) => frames.push(frame))
  })
  return frames
}

describe('frames', () => {
  test('come out as they went in, however the stream was cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }),
        fc.array(fc.nat(300)),
        (bodies, cuts) => {
          const stream = Buffer.concat(bodies.map((body) => encodeFrame(body)))
          expect(readAll(stream, cuts).map((frame) => [...frame])).toEqual(bodies.map((body) => [...body]))
        },
      ),
    )
  })

  test('that are too large are refused by their head alone', () => {
    const reader = new FrameReader(10)
    expect(() => readAll(Buffer.from([0, 0, 0, 11]), [], reader)).toThrow('a frame of 11 bytes was announced')
    expect(() => encodeFrame(new Uint8Array(11), 10)).toThrow('does not fit')
  })

  test('may become larger once the other side is known', () => {
    const reader = new FrameReader(2)
    const stream = Buffer.concat([encodeFrame(Uint8Array.of(1)), encodeFrame(new Uint8Array(9))])
    const frames: Uint8Array[] = []
    reader.push(stream, (frame) => {
      frames.push(frame)
      reader.maxBytes = 16
    })
    expect(frames).toHaveLength(2)
  })
})
