// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MuxKind, MuxReader, MuxViolationError, muxHead } from './frame.ts'

interface Seen {
  kind: number
  stream: number
  bytes: number[]
}

/** What a reader says of these bytes; data of one frame is put together again. */
function read(pushes: Iterable<Uint8Array>): Seen[] {
  const seen: Seen[] = []
  const reader = new MuxReader({
    data(stream, bytes) {
      const last = seen.at(-1)
      if (last?.kind === MuxKind.Data && last.stream === stream) last.bytes.push(...bytes)
      else seen.push({ kind: MuxKind.Data, stream, bytes: [...bytes] })
    },
    control: (kind, stream, body) => seen.push({ kind, stream, bytes: [...body] }),
  })
  for (const bytes of pushes) reader.push(bytes)
  return seen
}

const encode = ({ kind, stream, bytes }: Seen) =>
  Buffer.concat([muxHead(kind, stream, bytes.length), Buffer.from(bytes)])

const frame = fc.record({
  kind: fc.constantFrom(...Object.values(MuxKind), 77, 255),
  stream: fc.nat(2 ** 32 - 1),
  bytes: fc.array(fc.nat(255), { maxLength: 255 }),
})

test('frames are read as they were written, wherever the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(40), { minLength: 1 }), (frames, cuts) => {
      const bytes = Buffer.concat(frames.map(encode))
      const parts: Uint8Array[] = []
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const end = at + 1 + (cuts[i % cuts.length] ?? 0)
        parts.push(bytes.subarray(at, end))
        at = end
      }
      // Neighbouring data frames of one stream cannot be told apart, and empty ones say nothing.
      const expected: Seen[] = []
      for (const one of frames) {
        const last = expected.at(-1)
        const isData = one.kind === MuxKind.Data
        if (isData && last?.kind === MuxKind.Data && last.stream === one.stream) last.bytes.push(...one.bytes)
        else if (!isData || one.bytes.length > 0) expected.push({ ...one, bytes: [...one.bytes] })
      }
      expect(read(parts)).toEqual(expected)
    }),
  )
})

test('any bytes at all are read or refused, and nothing but data is collected', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (parts) => {
      try {
        for (const { kind, bytes } of read(parts)) {
          expect(kind === MuxKind.Data || bytes.length <= 255).toBe(true)
        }
      } catch (error) {
        expect(error).toBeInstanceOf(MuxViolationError)
      }
    }),
  )
})

test('a frame that would have to be collected may not be long', () => {
  expect(() => read([muxHead(MuxKind.Open, 1, 256)])).toThrow(MuxViolationError)
})
