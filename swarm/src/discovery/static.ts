// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { multiaddr } from '@multiformats/multiaddr'

/** An entry of `discovery.static` that names no peer or is no multiaddr. */
export class InvalidStaticPeerError extends Error {
  override name = 'InvalidStaticPeerError'
}

/**
 * The peers that the profile names, addresses of one peer together.
 * @throws InvalidStaticPeerError when one cannot be read or does not end in /p2p/<peer ID>
 */
export function staticPeers(multiaddrs: readonly string[]): { peerId: string; addresses: string[] }[] {
  const peers = new Map<string, string[]>()
  for (const text of multiaddrs) {
    const peerId = peerIdOf(text)
    peers.set(peerId, [...(peers.get(peerId) ?? []), text])
  }
  return [...peers].map(([peerId, addresses]) => ({ peerId, addresses }))
}

function peerIdOf(text: string): string {
  const example = 'write /ip4/10.0.0.7/tcp/4001/p2p/12D3Koo…'
  try {
    const last = multiaddr(text).getComponents().at(-1)
    if (last?.name === 'p2p' && last.value !== undefined) {
      return last.value
    }
  } catch (cause) {
    throw new InvalidStaticPeerError(`"${text}" is no multiaddr: ${example}`, { cause })
  }
  throw new InvalidStaticPeerError(`"${text}" names no peer: ${example}`)
}
