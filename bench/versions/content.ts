// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createCipheriv } from 'node:crypto'

const pieceBytes = 2 ** 20

/** The bytes of a file, and of its next version when something is inserted in the middle: the same in every run. */
export function* content(size: number, inserted: number): Generator<Buffer> {
  const file = randomStream(1)
  const news = randomStream(2)
  const middle = Math.floor(size / 2)
  yield* pieces(file, middle)
  yield* pieces(news, inserted)
  yield* pieces(file, size - middle)
}

type Stream = (length: number) => Buffer

function* pieces(next: Stream, bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= pieceBytes) yield next(Math.min(left, pieceBytes))
}

function randomStream(seed: number): Stream {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16))
  const zeros = Buffer.alloc(pieceBytes)
  return (length) => cipher.update(zeros.subarray(0, length))
}
