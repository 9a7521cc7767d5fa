// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { PatchArtifact } from '@patchswarm/api'
import { digestOf } from './digest.ts'

/** `pending`: the signature has not been read yet. Only `unsigned` and `valid` may be delivered, `invalid` not even read. */
export type SignatureState =
  | { readonly state: 'unsigned' | 'valid' | 'pending' }
  | { readonly state: 'invalid'; readonly problem: string }

const known = new WeakMap<PatchArtifact, SignatureState>()

/** Of spec and status alone, so that every leader finds the same. */
export function signatureOf(artifact: PatchArtifact): SignatureState {
  const state = known.get(artifact) ?? judge(artifact)
  known.set(artifact, state)
  return state
}

/** It is known which file that is, and who signed it: nodes may have it under its name. */
export const mayDeliver = (artifact: PatchArtifact): boolean =>
  digestOf(artifact) !== '' && ['unsigned', 'valid'].includes(signatureOf(artifact).state)

function judge(artifact: PatchArtifact): SignatureState {
  const { spec, status } = artifact
  const digest = digestOf(artifact)
  if (spec.signature === undefined) return { state: 'unsigned' }
  const key = keyOf(spec.signature.publicKey)
  if (typeof key === 'string') return { state: 'invalid', problem: `spec.signature.publicKey ${key}` }
  const value = spec.signature.value ?? status?.signature
  if (value === undefined || digest === '') return { state: 'pending' }
  if (isSignatureOf(digest, value, key)) return { state: 'valid' }
  const where = spec.signature.value === undefined ? 'what spec.signature.url gives' : 'spec.signature.value'
  return {
    state: 'invalid',
    problem: `${where} is no signature of ${digest} by the key of spec.signature.publicKey`,
  }
}

/** What is wrong with it, as the end of a sentence, when it is no key that can be used. */
function keyOf(pem: string): KeyObject | string {
  try {
    const key = createPublicKey(pem)
    const type = key.asymmetricKeyType ?? ''
    return ['ed25519', 'ec'].includes(type) ? key : `is a key of type ${type}: use Ed25519 or ECDSA`
  } catch {
    return 'is no public key in PEM'
  }
}

/** Signed is the text of the digest, as spec.digest would write it; ECDSA signs its SHA-256 and gives DER, as openssl and cosign do. */
function isSignatureOf(digest: string, value: string, key: KeyObject): boolean {
  const algorithm = key.asymmetricKeyType === 'ec' ? 'sha256' : null
  try {
    return verify(algorithm, Buffer.from(digest), key, Buffer.from(value, 'base64'))
  } catch {
    return false
  }
}
