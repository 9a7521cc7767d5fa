// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { X509Certificate } from 'node:crypto'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { createCertificate, verifyPeerCertificate } from './certificate.ts'
import { createIdentity, libp2pPrivateKey } from './identity.ts'

/** The functions by which stock libp2p makes and checks certificates; its package does not export them. */
interface StockTls {
  generateCertificate(key: ReturnType<typeof libp2pPrivateKey>): Promise<{ cert: string; key: string }>
  verifyPeerCertificate(raw: Uint8Array): Promise<{ toString(): string }>
}

let stock: StockTls
beforeAll(async () => {
  const entry = createRequire(import.meta.url).resolve('@libp2p/tls')
  stock = await import(pathToFileURL(join(dirname(entry), 'utils.js')).href)
})

const derOf = (pem: string) => new X509Certificate(pem).raw

describe('a certificate', () => {
  test('of ours proves the peer ID to us and to stock libp2p', async () => {
    const identity = createIdentity()
    const der = derOf(createCertificate(identity).cert)
    expect(verifyPeerCertificate(der)).toBe(identity.peerId)
    expect((await stock.verifyPeerCertificate(der)).toString()).toBe(identity.peerId)
  })

  test('of stock libp2p proves the peer ID to us', async () => {
    const identity = createIdentity()
    const { cert } = await stock.generateCertificate(libp2pPrivateKey(identity))
    expect(verifyPeerCertificate(derOf(cert))).toBe(identity.peerId)
  })

  test('holds only in its time', () => {
    const now = Date.UTC(2026, 0, 1)
    const der = derOf(createCertificate(createIdentity(), now).cert)
    expect(() => verifyPeerCertificate(der, Date.UTC(1969, 11, 31))).toThrow('not valid yet')
    expect(() => verifyPeerCertificate(der, now + 101 * 365 * 86_400_000)).toThrow('has expired')
  })

  test('holds when the clock was years ahead as it was made, and has been set back', async () => {
    const identity = createIdentity()
    const der = derOf(createCertificate(identity, Date.now() + 10 * 365 * 86_400_000).cert)
    expect(verifyPeerCertificate(der)).toBe(identity.peerId)
    expect((await stock.verifyPeerCertificate(der)).toString()).toBe(identity.peerId)
  })

  test('with any bit changed is refused', () => {
    const der = derOf(createCertificate(createIdentity()).cert)
    for (let index = 0; index < der.length; index += 1) {
      const bad = Buffer.from(der)
      bad[index]! ^= 0x01
      expect(() => verifyPeerCertificate(bad), `byte ${index}`).toThrow()
    }
  })

  test('whose key another identity signed for proves nothing', () => {
    const identity = createIdentity()
    const lying = { ...identity, sign: createIdentity().sign }
    const der = derOf(createCertificate(lying).cert)
    expect(() => verifyPeerCertificate(der)).toThrow('the peer ID did not sign the key')
  })

  test('without the extension of libp2p is refused', () => {
    expect(() => verifyPeerCertificate(derOf(ordinary))).toThrow('has not exactly one libp2p extension')
  })

  test.for([
    { name: 'nothing', der: new Uint8Array() },
    { name: 'noise', der: Buffer.from('not a certificate') },
    { name: 'far too much', der: new Uint8Array(10_000) },
  ])('made of $name is refused', ({ der }) => {
    expect(() => verifyPeerCertificate(der)).toThrow(expect.objectContaining({ name: 'CertificateError' }))
  })
})

const ordinary = `-----BEGIN CERTIFICATE-----
MIIBfTCCASOgAwIBAgIUHVS65jm8aBDHuYiV4p7EP7Ns1akwCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIb3JkaW5hcnkwIBcNMjYxMTIxMTI1NDQwWhgPMjEyNjEwMjgx
MjU0NDBaMBMxETAPBgNVBAMMCG9yZGluYXJ5MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEYLj00pr1KJrcG5EUyXehb+ex3V4TDBvWlwmE/TFaEUvs2pEaZ80a9wsn
RfvqmbfWoti9NQW/A/QojwBfs+NgJqNTMFEwHQYDVR0OBBYEFFkg8Z1jAoAJ0YKw
MNLY+PhksfZlMB8GA1UdIwQYMBaAFFkg8Z1jAoAJ0YKwMNLY+PhksfZlMA8GA1Ud
EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgM8XJk1eG3JUv+cJbgEa9hvVd
FsgK/j0OZowYpvcsUBQCIQDa7V+3hjuvF3A3K8TqIiko2SGcj5TPMHpV2SPlHDZ3
dA==
-----END CERTIFICATE-----`
