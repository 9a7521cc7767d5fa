// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'

/** An order of the members that follows from them and the swarm alone, another one for every purpose. */
export function inHashOrder<T extends { readonly peerId: string }>(
  members: readonly T[],
  swarmId: Uint8Array,
  purpose: string,
): T[] {
  return members
    .map((member) => ({ member, key: orderHash(swarmId, purpose, member.peerId) }))
    .sort((a, b) => a.key - b.key || (a.member.peerId < b.member.peerId ? -1 : 1))
    .map(({ member }) => member)
}

export function orderHash(swarmId: Uint8Array, purpose: string, peerId: string): number {
  return createHash('sha256').update(swarmId).update(purpose).update(peerId).digest().readUInt32BE(0)
}

/** Places in the list, in another order for each ring without another SHA-256; ties in the order of the list. */
export function inRingOrder(hashes: readonly number[], ring: number): Float64Array {
  // Hash and place in one number: a typed array is sorted without a call for each comparison.
  const keys = new Float64Array(hashes.length)
  hashes.forEach((hash, at) => {
    keys[at] = mix(hash, ring) * hashes.length + at
  })
  return keys.sort().map((key) => key % hashes.length)
}

/** The finaliser of MurmurHash3. */
function mix(hash: number, ring: number): number {
  let mixed = (hash ^ Math.imul(ring + 1, 0x9e3779b1)) >>> 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
