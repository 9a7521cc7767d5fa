// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { verifySignature } from '../identity/identity.ts'
import { chunkCount } from './chunking.ts'
import { DIGEST_BYTES } from './digest.ts'
import { InvalidManifestError } from './manifest.ts'

/** Leaves [first, first + n) of a file that a seeder is still reading, as that seeder states them. */
export interface ManifestPart {
  /**
   * When the seeder began to read, in milliseconds since the epoch. Where two statements differ the later one counts;
   * two that differ and are of one seeder and one generation prove that it lies.
   */
  readonly generation: number
  /** Bytes of the whole file. */
  readonly size: number
  /** Bytes of every leaf but the last. */
  readonly chunkSize: number
  readonly first: number
  /** 32 bytes a leaf, at least one. Any run of leaves: they need not become known in file order. */
  readonly digests: Uint8Array
}

/** A part that anybody may pass on: who made it is proven by the signature. */
export interface SignedPart extends ManifestPart {
  /** Peer ID whose key signed. That it is a seeder must be shown by its membership. */
  readonly signer: string
  /** Ed25519, 64 bytes. */
  readonly signature: Uint8Array
}

export const SIGNATURE_BYTES = 64

/** Signed before everything else, so that no other signature of the same key can be taken for one of a part. */
const DOMAIN = Buffer.from('patchswarm-manifest-part-v1:')
const HEAD_BYTES = 8 + 8 + 4 + 4 + 4

export const leavesOf = ({ digests }: Pick<ManifestPart, 'digests'>): number => digests.length / DIGEST_BYTES

/** @param sign with the key of the peer ID `signer` */
export function signPart(
  swarmId: Uint8Array,
  part: ManifestPart,
  signer: string,
  sign: (bytes: Uint8Array) => Uint8Array,
): SignedPart {
  return { ...part, signer, signature: sign(statement(swarmId, part)) }
}

/** Whether that signer has said this of that swarm. */
export function isSigned(swarmId: Uint8Array, part: SignedPart): boolean {
  return verifySignature(part.signer, statement(swarmId, part), part.signature)
}

function statement(swarmId: Uint8Array, part: ManifestPart): Uint8Array {
  return Buffer.concat([DOMAIN, swarmId, head(part), part.digests])
}

function head({ generation, size, chunkSize, first, digests }: ManifestPart): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES)
  let at = bytes.writeBigUInt64BE(BigInt(generation), 0)
  at = bytes.writeBigUInt64BE(BigInt(size), at)
  at = bytes.writeUInt32BE(chunkSize, at)
  at = bytes.writeUInt32BE(first, at)
  bytes.writeUInt32BE(leavesOf({ digests }), at)
  return bytes
}

/** As it is sent and as it lies on disk: u64 generation, u64 size, u32 chunk size, u32 first, u32 leaves, 64 signature, digests. */
export function encodePart(part: SignedPart): Buffer {
  return Buffer.concat([head(part), part.signature, part.digests])
}

/**
 * Reads what `encodePart` wrote; what follows it is ignored.
 * @throws InvalidManifestError when it is cut off or its numbers do not fit together; the signature is not checked
 */
export function decodePart(bytes: Uint8Array, signer: string): SignedPart {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const digestsAt = HEAD_BYTES + SIGNATURE_BYTES
  const leaves = view.length < digestsAt ? 0 : view.readUInt32BE(HEAD_BYTES - 4)
  const end = digestsAt + leaves * DIGEST_BYTES
  if (leaves === 0 || view.length < end) throw new InvalidManifestError('A part of a manifest is cut off')
  const part = {
    generation: Number(view.readBigUInt64BE(0)),
    size: Number(view.readBigUInt64BE(8)),
    chunkSize: view.readUInt32BE(16),
    first: view.readUInt32BE(20),
    signer,
    signature: Uint8Array.from(view.subarray(HEAD_BYTES, digestsAt)),
    digests: Uint8Array.from(view.subarray(digestsAt, end)),
  }
  check(part)
  return part
}

function check({ generation, size, chunkSize, first, digests }: ManifestPart): void {
  const sane = Number.isSafeInteger(generation) && Number.isSafeInteger(size) && chunkSize > 0
  if (!sane || first + leavesOf({ digests }) > chunkCount(size, chunkSize)) {
    throw new InvalidManifestError(`A part at leaf ${first} does not fit a file of ${size} bytes`)
  }
}
