// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** One that asks for no more in this time is not reading any more, or has what it lacked. */
const KEPT_MS = 20_000

/** Which agent reads an artifact that has come to a standstill: the others get from it what they lack. */
export interface Claims {
  /**
   * @param key of profile, swarm and site
   * @returns whether the artifact is this agent's to read now
   */
  take(key: string, peerId: string): boolean
}

/**
 * Soft state: a new leader gives every claim anew.
 *
 * @param isConnected whose reader has gone leaves its claim to the next that asks
 * @param now milliseconds
 */
export function createClaims(isConnected: (peerId: string) => boolean, now: () => number): Claims {
  const claims = new Map<string, { peerId: string; askedAt: number }>()
  return {
    take(key, peerId) {
      const held = claims.get(key)
      const isFree = !held || now() - held.askedAt > KEPT_MS || !isConnected(held.peerId)
      if (!isFree && held.peerId !== peerId) return false
      claims.set(key, { peerId, askedAt: now() })
      return true
    },
  }
}
