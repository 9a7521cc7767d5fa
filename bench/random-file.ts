// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash, randomFillSync } from 'node:crypto'
import { open } from 'node:fs/promises'

const PART = 4 * 2 ** 20

/** Random bytes, so that nothing on the way can make them fewer. @returns their SHA-256 */
export async function writeRandom(path: string, size: number): Promise<string> {
  await using file = await open(path, 'w')
  const whole = createHash('sha256')
  for (const bytes of randomParts(size)) {
    whole.update(bytes)
    await file.write(bytes)
  }
  return whole.digest('hex')
}

/** Each is gone when the next is asked for. */
export function* randomParts(size: number): Generator<Buffer> {
  const part = Buffer.allocUnsafe(Math.min(size, PART))
  for (let left = size; left > 0; left -= part.length) {
    yield randomFillSync(part).subarray(0, Math.min(left, part.length))
  }
}
