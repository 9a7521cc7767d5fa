// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** The key file of a node or of the operator cannot be used. */
export class IdentityError extends Error {
  override name = 'IdentityError'
}

/** A TLS certificate does not prove a peer ID by the rule of the libp2p TLS specification. */
export class CertificateError extends Error {
  override name = 'CertificateError'
}
