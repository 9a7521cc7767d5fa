// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** An Ed25519 key and the libp2p peer ID that follows from it. */
export interface Identity {
  /** Base58 peer ID ("12D3Koo…"). */
  readonly peerId: string
  /** The 32-byte seed. */
  readonly seed: Uint8Array
  sign(bytes: Uint8Array): Uint8Array
}
