// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { SourceError } from './errors.ts'
import { describe, type OriginAccess, OriginHttp } from './http.ts'
import type { OriginSource } from './read-origin.ts'

const INACTIVITY_MS = 30_000

/**
 * Reads something small whole, such as a signature. It is no part of the file, and needs no grant.
 * @throws SourceError; the signal's reason
 */
export async function readSmall(
  source: OriginSource,
  most: number,
  access: () => OriginAccess,
  signal: AbortSignal,
): Promise<Buffer> {
  const { url } = source
  const http = new OriginHttp({ inactivityMs: INACTIVITY_MS, access, source })
  try {
    const { status, body } = await http.send({ method: 'GET', url, signal })
    if (status !== 200) throw new SourceError('OriginUnreachable', `${url} answers ${status}`, true)
    const parts: Buffer[] = []
    let length = 0
    for await (const part of body as AsyncIterable<Buffer>) {
      parts.push(part)
      length += part.length
      if (length > most) throw new SourceError('SizeMismatch', `${url} has more than ${most} bytes`, false)
    }
    return Buffer.concat(parts)
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof SourceError) throw cause
    throw new SourceError('OriginUnreachable', `${url}: ${describe(cause)}`, true, { cause })
  } finally {
    await http.close()
  }
}
