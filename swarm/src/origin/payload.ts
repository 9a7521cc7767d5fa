// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Readable } from 'node:stream'
import { SourceError } from './errors.ts'
import { describe } from './http.ts'

/**
 * Pieces of a body, none before its time has come.
 * @param pace while it waits, nothing is read from the connection
 * @throws SourceError when the connection breaks off; the signal's reason
 */
export async function* payloadOf(
  body: Readable,
  url: string,
  pace: (bytes: number) => Promise<void> | undefined,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  try {
    for await (const bytes of body) {
      await pace((bytes as Buffer).length)
      yield bytes as Buffer
    }
  } catch (cause) {
    signal.throwIfAborted()
    if (!isNetworkError(cause)) throw cause
    throw new SourceError('OriginUnreachable', `${url}: ${describe(cause)}`, true, { cause })
  }
}

const networkErrors = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'EHOSTUNREACH', 'ENETUNREACH']

function isNetworkError(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException
  return code.startsWith('UND_ERR') || networkErrors.includes(code)
}
