// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { pieceBytes } from './messages.ts'

/** Of this size where the stream lets much more go at once, as on a link that is fast. */
export const largePieceBytes = 256 * 1024
export const largePieceCredit = 1024 * 1024
/** Pieces leave so much to the messages that come between them. */
const controlBytes = 2 * 1024
/** A smaller piece is worth waiting for more credit. */
export const leastCredit = 16 * 1024 + controlBytes

/**
 * How much of a chunk goes at once to a peer that takes `credit` bytes, as if it took `leastCredit` where it takes less. Large
 * pieces cost less for each byte, but others wait for them: only where far more may be under way anyway.
 */
export function pieceWithin(credit: number): number {
  return credit >= largePieceCredit
    ? largePieceBytes
    : Math.min(pieceBytes, Math.max(credit, leastCredit) - controlBytes)
}
