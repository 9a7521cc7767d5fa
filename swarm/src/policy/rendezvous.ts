// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PeerKey } from './types.ts'

/** FNV-1a, well mixed by `weight`. */
export function hashOf(key: PeerKey): number {
  let hash = 0x811c9dc5
  for (const letter of String(key)) {
    hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193)
  }
  return hash >>> 0
}

/** Rendezvous: of all members the one with the greatest weight answers; when one goes, only what was its own moves. */
export function weight(member: number, chunk: number): number {
  let mixed = member ^ Math.imul(chunk + 1, 0x9e3779b1)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
