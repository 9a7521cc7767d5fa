// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Readable } from 'node:stream'
import { abortReason } from './abort.ts'
import { KubeError } from './kube-error.ts'

/**
 * The lines of a stream of text, without a last one that has no newline: it was cut in the middle.
 *
 * @throws KubeError "Unreachable" when the stream breaks off; the signal's reason when it is aborted.
 */
export async function* readLines(
  stream: Readable,
  call: string,
  signal: AbortSignal,
): AsyncGenerator<string> {
  stream.setEncoding('utf8')
  // Parts of one long line are joined once, not again for each part.
  let parts: string[] = []
  try {
    for await (const chunk of stream as AsyncIterable<string>) {
      const pieces = chunk.split('\n')
      const rest = pieces.pop() ?? ''
      for (const piece of pieces) {
        parts.push(piece)
        yield parts.join('')
        parts = []
      }
      if (rest) parts.push(rest)
    }
  } catch (error) {
    if (signal.aborted) throw abortReason(signal)
    const why = error instanceof Error ? error.message : String(error)
    throw new KubeError(0, 'Unreachable', `${call}: the stream broke off: ${why}`, { cause: error })
  } finally {
    stream.destroy()
  }
}
