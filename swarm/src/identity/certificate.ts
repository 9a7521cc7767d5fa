// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto'
import { type DerValue, decodeDer, encodeDer, encodeObjectId, tag } from './der.ts'
import { CertificateError } from './errors.ts'
import { verifySignature } from './identity.ts'
import { decodePublicKey, encodePublicKey, peerIdFromPublicKey, publicKeyFromPeerId } from './peer-id.ts'
import type { Identity } from './types.ts'

/** The extension by which the libp2p TLS specification ties a certificate to a peer ID. */
const EXTENSION = encodeObjectId('1.3.6.1.4.1.53594.1.1')
const ECDSA_WITH_SHA256 = encodeDer(tag.sequence, encodeObjectId('1.2.840.10045.4.3.2'))
const SIGNATURE_PREFIX = Buffer.from('libp2p-tls-handshake:')
const YEAR_MS = 365 * 24 * 3_600_000
/** Far above any honest certificate (about 400 bytes). */
const MAX_CERTIFICATE_BYTES = 8192

/** PEM, as Node's TLS takes them. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/**
 * A self-signed TLS certificate over a new P-256 key that proves the identity's peer ID to any libp2p peer
 * (specification: libp2p TLS 1.3 handshake, /tls/1.0.0).
 */
export function createCertificate(identity: Identity, now = Date.now()): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const body = certificateBody(identity, spki, now)
  const signature = sign('sha256', body, privateKey)
  const der = encodeDer(
    tag.sequence,
    body,
    ECDSA_WITH_SHA256,
    encodeDer(tag.bitString, Uint8Array.of(0), signature),
  )
  return {
    cert: new X509Certificate(der).toString(),
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  }
}

function certificateBody(identity: Identity, spki: Buffer, now: number): Buffer {
  const serial = randomBytes(8)
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  // Since ever, for clocks differ, and this one may be set back; the end does not matter, as the key lives only in this process.
  const validity = encodeDer(tag.sequence, encodeTime(0), encodeTime(now + 100 * YEAR_MS))
  const name = encodeDer(tag.sequence)
  return encodeDer(
    tag.sequence,
    encodeDer(tag.context0, encodeDer(tag.integer, Uint8Array.of(2))),
    encodeDer(tag.integer, serial),
    ECDSA_WITH_SHA256,
    name,
    validity,
    name,
    spki,
    encodeDer(tag.context3, encodeDer(tag.sequence, identityExtension(identity, spki))),
  )
}

function identityExtension(identity: Identity, spki: Buffer): Buffer {
  const signedKey = encodeDer(
    tag.sequence,
    encodeDer(tag.octetString, encodePublicKey(publicKeyFromPeerId(identity.peerId))),
    encodeDer(tag.octetString, identity.sign(Buffer.concat([SIGNATURE_PREFIX, spki]))),
  )
  const critical = encodeDer(tag.boolean, Uint8Array.of(0xff))
  return encodeDer(tag.sequence, EXTENSION, critical, encodeDer(tag.octetString, signedKey))
}

/** Two-digit years up to 2049, four digits after that: X.509 wants it so. */
function encodeTime(ms: number): Buffer {
  const date = new Date(ms)
  const digits = `${date.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`
  return date.getUTCFullYear() < 2050
    ? encodeDer(tag.utcTime, Buffer.from(digits.slice(2)))
    : encodeDer(tag.generalizedTime, Buffer.from(digits))
}

/**
 * The peer ID that a certificate proves: self-signed, in its time, with the extension of the libp2p TLS
 * specification signed by an Ed25519 key. TLS itself has proven that the other side holds the certificate's key.
 * @throws CertificateError
 */
export function verifyPeerCertificate(der: Uint8Array, now = Date.now()): string {
  if (der.length > MAX_CERTIFICATE_BYTES) throw new CertificateError('the certificate is too large')
  try {
    return provenPeerId(Buffer.from(der), now)
  } catch (cause) {
    if (cause instanceof CertificateError) throw cause
    throw new CertificateError('the certificate cannot be read', { cause })
  }
}

function provenPeerId(der: Buffer, now: number): string {
  // OpenSSL parses strictly and checks the self-signature; only our extension is looked up by hand below.
  const certificate = new X509Certificate(der)
  if (!(certificate.validFromDate.getTime() <= now))
    throw new CertificateError('the certificate is not valid yet')
  if (!(certificate.validToDate.getTime() >= now)) throw new CertificateError('the certificate has expired')
  if (!certificate.verify(certificate.publicKey))
    throw new CertificateError('the certificate is not self-signed')

  const [publicKey, signature] = signedKey(certificate.raw)
  const peerId = peerIdFromPublicKey(decodePublicKey(publicKey))
  const spki = certificate.publicKey.export({ format: 'der', type: 'spki' })
  if (!verifySignature(peerId, Buffer.concat([SIGNATURE_PREFIX, spki]), signature)) {
    throw new CertificateError('the peer ID did not sign the key of the certificate')
  }
  return peerId
}

/** Public key message and signature in the extension. */
function signedKey(der: Buffer): [Buffer, Buffer] {
  const body = inside(inside(decodeDer(der)[0])[0])
  const extensions = inside(inside(body.find((value) => value.tag === tag.context3))[0]).map(inside)
  const found = extensions.filter(([id]) => id?.raw.equals(EXTENSION))
  const value = found[0]?.at(-1)
  if (found.length !== 1 || value === undefined) {
    throw new CertificateError('the certificate has not exactly one libp2p extension')
  }
  const [publicKey, signature] = inside(decodeDer(value.content)[0])
  if (publicKey?.tag !== tag.octetString || signature?.tag !== tag.octetString) {
    throw new CertificateError('the libp2p extension of the certificate is malformed')
  }
  return [publicKey.content, signature.content]
}

function inside(value: DerValue | undefined): DerValue[] {
  return value === undefined ? [] : decodeDer(value.content)
}
