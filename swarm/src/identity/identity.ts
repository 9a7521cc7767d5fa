// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { IdentityError } from './errors.ts'
import { peerIdFromPublicKey, publicKeyFromPeerId, publicKeyObject } from './peer-id.ts'
import type { Identity } from './types.ts'

/** DER head of a PKCS #8 Ed25519 key (RFC 8410); the 32-byte seed follows. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The identity whose Ed25519 key has this 32-byte seed. @throws IdentityError for another length */
export function identityFromSeed(seed: Uint8Array): Identity {
  if (seed.length !== 32)
    throw new IdentityError(`the seed of an Ed25519 key has 32 bytes, not ${seed.length}`)
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' })
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
  return {
    peerId: peerIdFromPublicKey(raw),
    seed: Uint8Array.from(seed),
    sign: (bytes) => new Uint8Array(sign(null, bytes, key)),
  }
}

/** A new identity from the system's random numbers. */
export function createIdentity(): Identity {
  return identityFromSeed(randomBytes(32))
}

/** True when the key of `peerId` made the signature. @throws IdentityError when it is no Ed25519 peer ID */
export function verifySignature(peerId: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  return verify(null, bytes, publicKeyObject(publicKeyFromPeerId(peerId)), signature)
}

/** The same key as libp2p wants it, for the node of the data plane. */
export function libp2pPrivateKey(identity: Identity): PrivateKey {
  return privateKeyFromRaw(Buffer.concat([identity.seed, publicKeyFromPeerId(identity.peerId)]))
}
