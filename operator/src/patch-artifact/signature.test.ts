// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { artifact, digest } from '../testing/objects.ts'
import { mayDeliver, signatureOf } from './signature.ts'

const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString()
const base64 = (bytes: Buffer): string => bytes.toString('base64')

const ed25519 = generateKeyPairSync('ed25519')
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const text = Buffer.from(digest)

const keys = [
  { name: 'Ed25519', ...ed25519, value: base64(sign(null, text, ed25519.privateKey)) },
  { name: 'ECDSA with P-256', ...p256, value: base64(sign('sha256', text, p256.privateKey)) },
  { name: 'ECDSA with P-384', ...p384, value: base64(sign('sha256', text, p384.privateKey)) },
]

describe.for(keys)('a signature by $name', ({ publicKey, privateKey, value }) => {
  const signed = (signature: object, over: object = {}, status?: object) =>
    signatureOf(
      artifact({ signature: { publicKey: pem(publicKey), ...signature }, ...over } as never, status),
    )

  test('of the digest is valid, in the spec and where it was read', () => {
    expect(signed({ value })).toEqual({ state: 'valid' })
    expect(signed({ url: 'http://origin/a.sig' }, {}, { signature: value })).toEqual({ state: 'valid' })
  })

  test('that has not been read is pending', () => {
    expect(signed({ url: 'http://origin/a.sig' })).toEqual({ state: 'pending' })
  })

  test('of another digest is invalid, and says so', () => {
    const other = `sha256:${'cd'.repeat(32)}`
    expect(signed({ value }, { digest: other })).toEqual({
      state: 'invalid',
      problem: `spec.signature.value is no signature of ${other} by the key of spec.signature.publicKey`,
    })
  })

  test.for([
    {
      name: 'another text',
      of: () =>
        sign(
          privateKey.asymmetricKeyType === 'ec' ? 'sha256' : null,
          Buffer.from(digest.slice(7)),
          privateKey,
        ),
    },
    { name: 'another key', of: () => sign(null, text, generateKeyPairSync('ed25519').privateKey) },
    { name: 'nothing', of: () => Buffer.alloc(64) },
    {
      name: 'a changed one',
      of: () => Buffer.from(value, 'base64').map((byte, at) => (at === 20 ? byte ^ 1 : byte)),
    },
  ])('of $name is invalid', ({ of }) => {
    expect(signed({ value: base64(Buffer.from(of())) })).toMatchObject({ state: 'invalid' })
  })
})

test.for([
  { publicKey: 'hello', problem: 'spec.signature.publicKey is no public key in PEM' },
  {
    publicKey: pem(rsa.publicKey),
    problem: 'spec.signature.publicKey is a key of type rsa: use Ed25519 or ECDSA',
  },
])('a key that cannot be used: $problem', ({ publicKey, problem }) => {
  expect(signatureOf(artifact({ signature: { publicKey, value: 'AAAA' } }))).toEqual({
    state: 'invalid',
    problem,
  })
})

test.for([
  { name: 'an unsigned artifact', spec: {}, may: true },
  {
    name: 'a signed one',
    spec: { signature: { publicKey: pem(ed25519.publicKey), value: keys[0]!.value } },
    may: true,
  },
  {
    name: 'one whose signature is not here',
    spec: { signature: { publicKey: pem(ed25519.publicKey), url: 'http://o/s' } },
    may: false,
  },
  {
    name: 'one with a wrong signature',
    spec: { signature: { publicKey: pem(ed25519.publicKey), value: 'AAAA' } },
    may: false,
  },
])('$name may be delivered: $may', ({ spec, may }) => {
  expect(mayDeliver(artifact(spec))).toBe(may)
})
