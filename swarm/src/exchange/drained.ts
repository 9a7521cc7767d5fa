// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Stream } from '@libp2p/interface'

/**
 * Resolves when the stream takes more, or is closed. (Not `stream.onDrain()`: once that has resolved it resolves at once
 * for ever, so that nothing is held back any more.)
 */
export function drained(stream: Stream): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = () => {
    stream.removeEventListener('drain', done)
    stream.removeEventListener('close', done)
    resolve()
  }
  stream.addEventListener('drain', done)
  stream.addEventListener('close', done)
  return promise
}
