// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'
import { digestHex } from './digest.ts'
import type { ChunkStrategy } from './types.ts'

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

/** A swarm ID as a key of maps and the name of a folder. */
export const swarmKey = (swarmId: Uint8Array): string => Buffer.from(swarmId).toString('hex')
