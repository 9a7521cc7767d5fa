// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'
import type { Message } from '../swarm/src/exchange/messages.ts'
import { identityFromSeed } from '../swarm/src/identity/index.ts'
import { encodePart, manifestOf, signPart, swarmId } from '../swarm/src/manifest/index.ts'
import { signMembership } from '../swarm/src/membership/index.ts'
import type { Part } from './annotated.ts'

const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest()

/** One artifact in all examples: 20 bytes in chunks of 16. */
export const file = Buffer.from('a file of two chunks')
export const chunkSize = 16
export const digests = Buffer.concat([sha256(file.subarray(0, chunkSize)), sha256(file.subarray(chunkSize))])
export const artifact = manifestOf({ size: file.length, chunkSize, digests })
const unevenAt = 12
const unevenDigests = Uint8Array.from(
  Buffer.concat([sha256(file.subarray(0, unevenAt)), sha256(file.subarray(unevenAt))]),
)
const swarm = swarmId(`sha256:${sha256(file).toString('hex')}`, undefined)

export const operator = identityFromSeed(new Uint8Array(32).fill(1))
export const member = identityFromSeed(new Uint8Array(32).fill(2))
export const issuedAt = Date.UTC(2026, 0, 1)
export const membership = signMembership(operator, {
  peerId: member.peerId,
  node: 'n1',
  profile: 'default',
  roles: ['agent'],
  issuedAt,
  expiresAt: issuedAt + 24 * 3_600_000,
})
/** Below 128, so that the length of the field is one byte. */
export const payloadBytes = membership[1] ?? 0

export const part = signPart(
  swarm,
  { generation: issuedAt, size: file.length, chunkSize, first: 0, digests: digests.subarray(0, 32) },
  member.peerId,
  (bytes) => member.sign(bytes),
)

type Parts = readonly Part[]

const hello: Message = {
  type: 'hello',
  version: 1,
  dealing: false,
  hasManifest: true,
  growing: false,
  swarmId: Uint8Array.from(swarm),
  membership,
  chunks: 2,
  bitmap: Uint8Array.of(0b01),
}
const manifest: Message = {
  type: 'manifest',
  format: 1,
  complete: true,
  size: file.length,
  chunkSize,
  leaves: 2,
  first: 0,
  signature: new Uint8Array(),
  digests,
}

/** The parts of a frame with this body. */
export const frame = (type: string, ...body: Parts): Parts => [
  [4, 'bytes that follow'],
  [1, `type: ${type}`],
  ...body,
]
export const chunk: Part = [4, 'chunk 1']

/** Every frame but CHUNK as docs/swarm.md shows it. */
export const frames: readonly (readonly [name: string, message: Message, parts: Parts])[] = [
  [
    'HELLO',
    hello,
    frame(
      'HELLO',
      [1, 'version 1'],
      [1, 'flags: does not deal, has the manifest'],
      [32, 'swarm ID'],
      [2, `membership: ${membership.length} bytes`],
      [membership.length, 'SignedMembership, see below'],
      [4, '2 chunks'],
      [1, 'bitmap: holds chunk 0'],
    ),
  ],
  [
    'CLOSE',
    { type: 'close', reason: 'Suspended', message: 'transfers stand still' },
    frame('CLOSE', [1, 'reason: 9 bytes'], [9, 'Suspended'], [undefined, 'transfers stand still']),
  ],
  ['WANT_MANIFEST', { type: 'wantManifest', first: 0 }, frame('WANT_MANIFEST', [4, 'from leaf 0 on'])],
  [
    'MANIFEST',
    manifest,
    frame(
      'MANIFEST',
      [1, 'format 1'],
      [1, 'flags: complete'],
      [8, 'size of the file: 20'],
      [4, 'chunk size: 16'],
      [4, '2 leaves in all'],
      [4, 'from leaf 0 on'],
      [2, 'signature: none'],
      [32, 'SHA-256 of chunk 0'],
      [32, 'SHA-256 of chunk 1'],
    ),
  ],
  [
    'MANIFEST with lengths',
    {
      ...manifest,
      format: 2,
      digests: unevenDigests,
      lengths: Uint32Array.of(unevenAt, file.length - unevenAt),
    },
    frame(
      'MANIFEST',
      [1, 'format 2'],
      [1, 'flags: complete'],
      [8, 'size of the file: 20'],
      [4, 'chunk size: 16'],
      [4, '2 leaves in all'],
      [4, 'from leaf 0 on'],
      [2, 'signature: none'],
      [4, 'length of chunk 0: 12'],
      [32, 'SHA-256 of chunk 0'],
      [4, 'length of chunk 1: 8'],
      [32, 'SHA-256 of chunk 1'],
    ),
  ],
  [
    'HAVE',
    {
      type: 'have',
      ranges: [
        [0, 3],
        [70, 1],
      ],
    },
    frame('HAVE', [4, 'from chunk 0 on'], [4, '3 chunks'], [4, 'from chunk 70 on'], [4, '1 chunk']),
  ],
  ['HAVE nothing', { type: 'have', ranges: [] }, frame('HAVE: I have the manifest now')],
  ['TOKEN', { type: 'token', count: 2 }, frame('TOKEN', [2, '2 chunks, any that I lack'])],
  ['INVITE', { type: 'invite' }, frame('INVITE')],
  ['PASS', { type: 'pass', reason: 'nothing' }, frame('PASS', [1, 'you have nothing that I need'])],
  ['REQUEST', { type: 'request', chunk: 1 }, frame('REQUEST', chunk)],
  ['CANCEL', { type: 'cancel', chunk: 1 }, frame('CANCEL', chunk)],
  ['BUSY', { type: 'busy', chunk: 1, retryMs: 250 }, frame('BUSY', chunk, [4, 'ask again in 250 ms'])],
  ['NOTFOUND', { type: 'notFound', chunk: 1 }, frame('NOTFOUND', chunk)],
  ['ARRIVED', { type: 'arrived', chunk: 1 }, frame('ARRIVED', chunk)],
  ['WRONG', { type: 'wrong', chunk: 1 }, frame('WRONG', chunk)],
  [
    'SIGNER',
    { type: 'signer', membership },
    frame(
      'SIGNER',
      [2, `membership: ${membership.length} bytes`],
      [membership.length, 'SignedMembership, as in HELLO but of a seeder'],
    ),
  ],
  [
    'PART',
    { type: 'part', part: encodePart(part) },
    frame(
      'PART',
      [8, 'generation: 2026-01-01T00:00:00Z in milliseconds'],
      [8, 'size of the file: 20'],
      [4, 'chunk size: 16'],
      [4, 'from leaf 0 on'],
      [4, '1 leaf'],
      [64, 'Ed25519 of "patchswarm-manifest-part-v1:", swarm ID, and all but the signature'],
      [32, 'SHA-256 of chunk 0'],
    ),
  ],
  ['GROWS', { type: 'grows', dealing: true }, frame('GROWS', [1, 'flags: deals'])],
  [
    'WANT_PARTS',
    { type: 'wantParts', ranges: [[1, 1]] },
    frame('WANT_PARTS', [4, 'from leaf 1 on'], [4, '1 leaf']),
  ],
  [
    'LEAVES',
    {
      type: 'leaves',
      size: file.length,
      chunkSize,
      first: 0,
      digests: Uint8Array.from(digests.subarray(0, 32)),
    },
    frame(
      'LEAVES',
      [8, 'size of the file: 20'],
      [4, 'chunk size: 16'],
      [4, 'from leaf 0 on'],
      [32, 'SHA-256 of chunk 0'],
    ),
  ],
]
