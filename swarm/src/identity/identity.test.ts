// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair, privateKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createIdentity, identityFromSeed, libp2pPrivateKey, verifySignature } from './identity.ts'
import { loadOrCreateIdentity } from './key-file.ts'
import { peerIdFromPublicKey, publicKeyFromPeerId } from './peer-id.ts'

describe('an identity', () => {
  test('has the peer ID that libp2p gives the same key', async () => {
    const key = await generateKeyPair('Ed25519')
    const identity = identityFromSeed(key.raw.subarray(0, 32))
    expect(identity.peerId).toBe(peerIdFromPrivateKey(privateKeyFromRaw(key.raw)).toString())
    expect(libp2pPrivateKey(identity).equals(key)).toBe(true)
    expect(peerIdFromPublicKey(publicKeyFromPeerId(identity.peerId))).toBe(identity.peerId)
  })

  test('signs so that libp2p and whoever knows the peer ID can check it', async () => {
    const identity = createIdentity()
    const bytes = Buffer.from('chunk')
    const signature = identity.sign(bytes)
    expect(await libp2pPrivateKey(identity).publicKey.verify(bytes, signature)).toBe(true)
    expect(verifySignature(identity.peerId, bytes, signature)).toBe(true)
    expect(verifySignature(identity.peerId, Buffer.from('chunks'), signature)).toBe(false)
    expect(verifySignature(createIdentity().peerId, bytes, signature)).toBe(false)
  })

  test.for([
    { name: 'an RSA peer ID', peerId: 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N' },
    { name: 'noise', peerId: '0OIl' },
    { name: 'nothing', peerId: '' },
    { name: 'a very long text', peerId: '1'.repeat(100_000) },
  ])('is not found in $name', ({ peerId }) => {
    expect(() => publicKeyFromPeerId(peerId)).toThrow('is not the peer ID of an Ed25519 key')
  })
})

describe('a key file', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patchswarm-identity-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('is made once, for its owner alone, with the folder for it', async () => {
    const file = join(folder, 'new', 'identity.key')
    const first = await loadOrCreateIdentity(file)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await loadOrCreateIdentity(file)).peerId).toBe(first.peerId)
    expect(await readdir(join(folder, 'new'))).toEqual(['identity.key'])
  })

  test('is made by one of those who come at the same time, and taken by the others', async () => {
    const file = join(folder, 'race.key')
    const all = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateIdentity(file)))
    expect(new Set(all.map((identity) => identity.peerId)).size).toBe(1)
  })

  test('that others can read is closed to them', async () => {
    const file = join(folder, 'open.key')
    await loadOrCreateIdentity(file)
    await chmod(file, 0o644)
    await loadOrCreateIdentity(file)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  test('with something else in it is an error that says what to do, and stays as it is', async () => {
    const file = join(folder, 'short.key')
    await writeFile(file, 'short')
    await expect(loadOrCreateIdentity(file)).rejects.toMatchObject({
      name: 'IdentityError',
      message: expect.stringContaining('holds 5 bytes where the 32 bytes of a key belong'),
    })
    expect((await stat(file)).size).toBe(5)
  })
})
