// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'

/** An order of the members that follows from them and the swarm alone, another one for every purpose. */
export function inHashOrder<T extends { readonly peerId: string }>(
  members: readonly T[],
  swarmId: Uint8Array,
  purpose: string,
): T[] {
  return inOrderOf(members, ({ peerId }) => orderHash(swarmId, purpose, peerId))
}

/** Ties by peer ID. */
export function inOrderOf<T extends { readonly peerId: string }>(
  members: readonly T[],
  keyOf: (member: T) => number,
): T[] {
  return members
    .map((member) => ({ member, key: keyOf(member) }))
    .sort((a, b) => a.key - b.key || (a.member.peerId < b.member.peerId ? -1 : 1))
    .map(({ member }) => member)
}

export function orderHash(swarmId: Uint8Array, purpose: string, peerId: string): number {
  return createHash('sha256').update(swarmId).update(purpose).update(peerId).digest().readUInt32BE(0)
}

/** Another order for each ring without another SHA-256: the finaliser of MurmurHash3. */
export function mix(hash: number, ring: number): number {
  let mixed = (hash ^ Math.imul(ring + 1, 0x9e3779b1)) >>> 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
