// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createPublicKey, type KeyObject } from 'node:crypto'
import { base58btc } from 'multiformats/bases/base58'
import { IdentityError } from './errors.ts'

/** Protobuf head of a libp2p PublicKey: Type = Ed25519, Data = 32 bytes that follow. */
const PUBLIC_KEY_HEAD = Uint8Array.of(0x08, 0x01, 0x12, 0x20)
/** Multihash "identity", 36 bytes: short keys are named by themselves, so a peer ID gives back its key. */
const MULTIHASH_HEAD = Uint8Array.of(0x00, 0x24)
/** DER head of a SubjectPublicKeyInfo for Ed25519 (RFC 8410). */
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex')

/** The libp2p PublicKey message of a raw 32-byte Ed25519 key. */
export function encodePublicKey(raw: Uint8Array): Uint8Array {
  if (raw.length !== 32) throw new IdentityError(`an Ed25519 public key has 32 bytes, not ${raw.length}`)
  return Buffer.concat([PUBLIC_KEY_HEAD, raw])
}

/** The raw key of a libp2p PublicKey message. @throws IdentityError for any other kind of key than Ed25519 */
export function decodePublicKey(message: Uint8Array): Uint8Array {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  if (bytes.length !== 36 || !bytes.subarray(0, 4).equals(PUBLIC_KEY_HEAD)) {
    throw new IdentityError('not an Ed25519 public key: Patchswarm peers have no other kind')
  }
  return new Uint8Array(bytes.subarray(4))
}

/** The peer ID ("12D3Koo…") that a raw Ed25519 public key has. @throws IdentityError */
export function peerIdFromPublicKey(raw: Uint8Array): string {
  return base58btc.baseEncode(Buffer.concat([MULTIHASH_HEAD, encodePublicKey(raw)]))
}

/** The raw Ed25519 public key that a peer ID contains. @throws IdentityError when it is none of that kind */
export function publicKeyFromPeerId(peerId: string): Uint8Array {
  const bytes = Buffer.from(decodeBase58(peerId))
  if (bytes.length !== 38 || !bytes.subarray(0, 2).equals(MULTIHASH_HEAD)) {
    throw new IdentityError(
      `${JSON.stringify(peerId.slice(0, 80))} is not the peer ID of an Ed25519 key ("12D3Koo…")`,
    )
  }
  return decodePublicKey(bytes.subarray(2))
}

function decodeBase58(text: string): Uint8Array {
  // The decoder takes time that grows with the square of the length: nothing longer than a peer ID gets to it.
  if (text.length > 64) return new Uint8Array()
  try {
    return base58btc.baseDecode(text)
  } catch {
    return new Uint8Array()
  }
}

/** A raw Ed25519 public key as Node's crypto takes it. */
export function publicKeyObject(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_HEAD, raw]), format: 'der', type: 'spki' })
}
