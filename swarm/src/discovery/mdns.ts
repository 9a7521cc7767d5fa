// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PeerDiscovery, PeerInfo, Startable } from '@libp2p/interface'
import { type MulticastDNSComponents, mdns } from '@libp2p/mdns'
import type { FoundPeer } from './found-peers.ts'

export interface MdnsOptions {
  /** Only nodes of the same profile find each other. */
  readonly profile: string
  /** Milliseconds until it looks whether to ask again, 10 seconds by default; each further wait is twice as long. */
  readonly intervalMs?: number
  /** Multicast group and UDP port; the usual ones (224.0.0.251, 5353) by default. */
  readonly group?: string
  readonly port?: number
}

/** RFC 6762 §5.2: the time from one look to the next doubles, up to this. */
const mostIntervalMs = 3_600_000
/** The library asks by a clock of its own; this one never rings. */
const never = 2 ** 31 - 1

/** A name of our own: other libp2p programs on the network use `_p2p._udp.local`. A DNS label has at most 63 bytes. */
export const serviceTag = (profile: string): string =>
  `_patchswarm-${profile}`.slice(0, 63).concat('._udp.local')

/** Finds nodes by multicast DNS. Who they are is settled in HELLO; here they are only candidates. */
export function mdnsDiscovery(
  options: MdnsOptions,
  onFound: (peer: FoundPeer) => void,
): (components: MulticastDNSComponents) => Startable {
  return (components) => new MdnsDiscovery(options, onFound, components)
}

/**
 * Asks when it starts, and then more and more seldom, and not when somebody else's question has been answered since it looked
 * last: all hear the answers (RFC 6762 §7.3). Who joins later asks for itself. Every question is answered by every
 * node, and every node hears that: asked each ten seconds by all, eight nodes that fetch at 100 Mbit/s lose a second of ten by it.
 *
 * No `peerDiscovery` of libp2p, which would note each time the addresses that we dial without its help.
 */
class MdnsDiscovery implements Startable {
  readonly #mdns: PeerDiscovery & Startable
  #intervalMs: number
  #timer: NodeJS.Timeout | undefined
  #heard = false

  constructor(options: MdnsOptions, onFound: (peer: FoundPeer) => void, components: MulticastDNSComponents) {
    this.#intervalMs = options.intervalMs ?? 10_000
    this.#mdns = mdns({
      serviceTag: serviceTag(options.profile),
      interval: never,
      ...(options.group === undefined ? {} : { ip: options.group }),
      ...(options.port === undefined ? {} : { port: options.port }),
    })(components) as PeerDiscovery & Startable
    this.#mdns.addEventListener('peer', ({ detail }: CustomEvent<PeerInfo>) => {
      this.#heard = true
      const addresses = detail.multiaddrs.map((address) => address.toString())
      onFound({ peerId: detail.id.toString(), addresses })
    })
  }

  /** Its question is sent by starting it. */
  async start(): Promise<void> {
    await this.#mdns.start()
    this.#wait()
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#mdns.stop()
  }

  #wait(): void {
    this.#timer = setTimeout(() => void this.#look(), this.#intervalMs)
    this.#timer.unref()
    this.#intervalMs = Math.min(mostIntervalMs, 2 * this.#intervalMs)
  }

  async #look(): Promise<void> {
    if (this.#heard) {
      this.#heard = false
      this.#wait()
      return
    }
    await this.#mdns.stop()
    // Stopped in the meantime, it stays so.
    if (this.#timer !== undefined) {
      await this.start()
    }
  }
}
