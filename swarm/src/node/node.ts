// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type HeliaWithLibp2p, withLibp2pLight } from '@helia/libp2p'
import { identify } from '@libp2p/identify'
import type { Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { CODE_P2P, type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { createHeliaLight } from 'helia'
import type { Blockstore } from 'interface-blockstore'
import type { Libp2pOptions } from 'libp2p'
import type { Logger } from 'pino'
import { type FoundPeer, FoundPeers } from '../discovery/found-peers.ts'
import { type MdnsOptions, mdnsDiscovery } from '../discovery/mdns.ts'
import { type Identity, libp2pPrivateKey } from '../identity/index.ts'
import { mux } from '../mux/index.ts'
import { type AddressPolicy, createAddressPolicy } from './addresses.ts'
import { Admission } from './admission.ts'
import { startBitswap } from './bitswap.ts'
import { createConnectionGater } from './gater.ts'
import { componentLogger } from './log.ts'
import { nativeTls } from './native-tls.ts'
import { SurplusConnections } from './surplus-connections.ts'
import { keepYoungSpaceSmall } from './young-space.ts'

export interface SwarmNodeInit {
  readonly identity: Identity
  /** IP address and TCP port to listen on; port 0 takes any. */
  readonly listen: { readonly address: string; readonly port: number }
  /** Nothing outside these is dialled, accepted or announced. */
  readonly allowedCIDRs: readonly string[]
  /** Peer IDs of other IPFS programs that may read by bitswap. */
  readonly admit?: readonly string[]
  readonly maxConnections?: number
  /** What bitswap serves and Helia reads; memory when there is none. */
  readonly blockstore?: Blockstore
  /** Looks for other nodes of the profile on the local network. */
  readonly mdns?: MdnsOptions
  readonly log: Logger
}

/** This node's end of the data plane: Helia on libp2p with TCP, TLS 1.3 and yamux, and nothing that knows the public network. */
export interface SwarmNode {
  readonly peerId: string
  readonly helia: HeliaWithLibp2p
  /** Multiaddrs with /p2p/ at which other nodes reach this one. */
  addresses(): string[]
  setAdmit(peerIds: readonly string[]): void
  /** A node was found by mDNS; one that was found before anybody listened is told of at once. */
  onFound(listener: (peer: FoundPeer) => void): void
  /** @throws Error when the peer is not reached or does not speak the protocol */
  openStream(peer: FoundPeer, protocol: string, signal: AbortSignal): Promise<Stream>
  handle(protocol: string, onStream: (stream: Stream, peerId: string) => void): Promise<void>
  unhandle(protocol: string): Promise<void>
  disconnect(peerId: string): Promise<void>
  readonly connections: number
  stop(): Promise<void>
}

const mebibyte = 1024 * 1024
/** Streams of one connection: one for each swarm that both are in, with room for bitswap and pings. */
const mostStreams = 512

/** Starts the node. @throws InvalidCidrError, or what libp2p says when the address cannot be listened on */
export async function createSwarmNode(init: SwarmNodeInit): Promise<SwarmNode> {
  keepYoungSpaceSmall()
  const policy = createAddressPolicy(init.allowedCIDRs)
  const admission = new Admission(init.admit ?? [])
  const found = new FoundPeers()
  const helia = withLibp2pLight(
    createHeliaLight({
      logger: componentLogger(init.log),
      ...(init.blockstore === undefined ? {} : { blockstore: init.blockstore }),
    }),
    libp2pOptions(init, policy, found),
  ) as unknown as HeliaWithLibp2p
  await helia.start()
  const blockstore = init.blockstore ?? (helia.blockstore as unknown as Blockstore)
  const bitswap = await startBitswap(helia, blockstore, admission)
  const surplus = new SurplusConnections(helia.libp2p)
  const stop = async () => {
    surplus.stop()
    await bitswap.stop()
    await helia.stop()
  }
  return new HeliaSwarmNode(helia, policy, admission, found, stop)
}

function libp2pOptions(init: SwarmNodeInit, policy: AddressPolicy, found: FoundPeers): Libp2pOptions {
  const maxConnections = init.maxConnections ?? 1024
  const { address, port } = init.listen
  const family = address.includes(':') ? 'ip6' : 'ip4'
  return {
    privateKey: libp2pPrivateKey(init.identity),
    addresses: {
      listen: [`/${family}/${address}/tcp/${port}`],
      announceFilter: (addresses) => addresses.filter((one) => policy.allowsMultiaddr(one)),
    },
    transports: [tcp({ maxConnections })],
    connectionEncrypters: [nativeTls(init.identity)],
    streamMuxers: [
      mux({ mostStreams }),
      yamux({
        maxInboundStreams: mostStreams,
        maxOutboundStreams: mostStreams,
        // The read buffer must hold a whole window, for a paused stream gets no less than that.
        streamOptions: { maxStreamWindowSize: 4 * mebibyte, maxReadBufferLength: 8 * mebibyte },
      }),
    ],
    connectionGater: createConnectionGater(policy),
    connectionManager: {
      maxConnections,
      // The defaults (5 a second and host) are meant for the public network; here a whole cluster starts at once.
      inboundConnectionThreshold: 1000,
      maxIncomingPendingConnections: 256,
      maxParallelDials: 32,
      reconnectRetries: 0,
    },
    connectionMonitor: { pingTimeout: { minTimeout: 10_000 } },
    // Bitswap's other end learns by it that we speak bitswap. We ask nobody: whom we speak to we know from elsewhere.
    // The connection monitor pings every connection each 10 s and breaks it off when nobody answers, also because nobody can.
    services: {
      identify: identify({ runOnConnectionOpen: false }),
      ping: ping(),
      ...(init.mdns && { mdns: mdnsDiscovery(init.mdns, (peer) => found.add(peer)) }),
    },
    logger: componentLogger(init.log),
  } as Libp2pOptions
}

class HeliaSwarmNode implements SwarmNode {
  readonly peerId: string
  readonly helia: HeliaWithLibp2p
  readonly #policy: AddressPolicy
  readonly #admission: Admission
  readonly #found: FoundPeers
  readonly #stop: () => Promise<void>

  constructor(
    helia: HeliaWithLibp2p,
    policy: AddressPolicy,
    admission: Admission,
    found: FoundPeers,
    stop: () => Promise<void>,
  ) {
    this.helia = helia
    this.peerId = helia.libp2p.peerId.toString()
    this.#policy = policy
    this.#admission = admission
    this.#found = found
    this.#stop = stop
  }

  get connections(): number {
    return this.helia.libp2p.getConnections().length
  }

  addresses(): string[] {
    return this.helia.libp2p.getMultiaddrs().map((address) => address.toString())
  }

  setAdmit(peerIds: readonly string[]): void {
    this.#admission.set(peerIds)
  }

  onFound(listener: (peer: FoundPeer) => void): void {
    this.#found.listen(listener)
  }

  async openStream(peer: FoundPeer, protocol: string, signal: AbortSignal): Promise<Stream> {
    const id = peerIdFromString(peer.peerId)
    const { libp2p } = this.helia
    if (libp2p.getConnections(id).length > 0) {
      return libp2p.dialProtocol(id, protocol, { signal })
    }
    const addresses = this.#dialable(peer)
    if (addresses.length === 0) {
      throw new UnreachablePeerError(`${peer.peerId} has no address within allowedCIDRs`)
    }
    return libp2p.dialProtocol(addresses, protocol, { signal })
  }

  async handle(protocol: string, onStream: (stream: Stream, peerId: string) => void): Promise<void> {
    await this.helia.libp2p.handle(
      protocol,
      (stream, connection) => onStream(stream, connection.remotePeer.toString()),
      { maxInboundStreams: mostStreams, maxOutboundStreams: mostStreams },
    )
  }

  async unhandle(protocol: string): Promise<void> {
    await this.helia.libp2p.unhandle(protocol)
  }

  async disconnect(peerId: string): Promise<void> {
    await this.helia.libp2p.hangUp(peerIdFromString(peerId))
  }

  async stop(): Promise<void> {
    await this.#stop()
  }

  /** With the peer ID in every address, so that nobody else can answer for it. */
  #dialable({ peerId, addresses }: FoundPeer): Multiaddr[] {
    return addresses
      .map((address) => parse(address))
      .filter((address) => address !== undefined)
      .map((address) => address.decapsulateCode(CODE_P2P).encapsulate(`/p2p/${peerId}`))
      .filter((address) => this.#policy.allowsMultiaddr(address))
  }
}

/** None of the addresses of a peer may be dialled. */
export class UnreachablePeerError extends Error {
  override name = 'UnreachablePeerError'
}

function parse(address: string): Multiaddr | undefined {
  try {
    return multiaddr(address)
  } catch {
    // One bad address of a peer is no reason to give up the others.
    return
  }
}
