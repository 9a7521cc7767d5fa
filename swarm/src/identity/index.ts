// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export { type Certificate, createCertificate, verifyPeerCertificate } from './certificate.ts'
export { CertificateError, IdentityError } from './errors.ts'
export { createIdentity, identityFromSeed, libp2pPrivateKey, verifySignature } from './identity.ts'
export { loadOrCreateIdentity } from './key-file.ts'
export { peerIdFromPublicKey, publicKeyFromPeerId } from './peer-id.ts'
export type { Identity } from './types.ts'
