// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'
import type { ChunkStrategy } from './types.ts'

/** Length of a SHA-256 in bytes. */
export const DIGEST_BYTES = 32

const PATTERN = /^sha256:([0-9a-f]{64})$/

/** A digest that is not `sha256:` and 64 lower-case hex digits. */
export class InvalidDigestError extends Error {
  override name = 'InvalidDigestError'
}

/**
 * The hex part of a digest as it stands in a PatchArtifact.
 * @throws InvalidDigestError
 */
export function digestHex(digest: string): string {
  const hex = PATTERN.exec(digest)?.[1]
  if (hex === undefined) {
    throw new InvalidDigestError(`"${digest}" is no digest: write sha256: and 64 lower-case hex digits`)
  }
  return hex
}

/**
 * Names the swarm of an artifact: known from the spec alone, before anybody has read a byte. `chunkSize` is the one
 * that the spec asks for, undefined when it leaves the choice to us.
 * @throws InvalidDigestError
 */
export function swarmId(
  digest: string,
  chunkSize: number | undefined,
  strategy: ChunkStrategy = 'Fixed',
): Uint8Array {
  digestHex(digest)
  return nameSwarm(digest, chunkSize, strategy)
}

/** The swarm of a file that nobody knows before its first read: of one artifact alone, named by what makes that unique. */
export const firstUseSwarmId = (
  uid: string,
  chunkSize: number | undefined,
  strategy: ChunkStrategy = 'Fixed',
): Uint8Array => nameSwarm(`first-use:${uid}`, chunkSize, strategy)

function nameSwarm(file: string, chunkSize: number | undefined, strategy: ChunkStrategy): Uint8Array {
  return createHash('sha256')
    .update(`patchswarm-swarm-v1\n${file}\n${strategy}\n${chunkSize ?? 'auto'}`)
    .digest()
}
