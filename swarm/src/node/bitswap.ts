// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { withBitswap } from '@helia/bitswap'
import type { HeliaWithLibp2p } from '@helia/libp2p'
import type { Connection, Libp2p, PeerId, Stream } from '@libp2p/interface'
import type { HeliaMixin } from 'helia'
import type { Blockstore } from 'interface-blockstore'
import type { Admission } from './admission.ts'

/** A peer that is not in `peers.admit` spoke bitswap. */
export class NotAdmittedError extends Error {
  override name = 'NotAdmittedError'
}

interface Broker {
  start?(): Promise<void>
  stop?(): Promise<void>
}

/**
 * Bitswap for the peers that the profile admits, inbound only: it serves what is in `blockstore` and asks nobody for
 * anything. The broker is not added to Helia, so that no read of ours ever leaves the node.
 */
export async function startBitswap(
  helia: HeliaWithLibp2p,
  blockstore: Blockstore,
  admission: Admission,
): Promise<{ stop(): Promise<void> }> {
  let broker: Broker | undefined
  const facade = {
    status: 'starting',
    logger: helia.logger,
    routing: helia.routing,
    getHasher: helia.getHasher,
    blockstore,
    libp2p: guard(helia.libp2p as Libp2p, admission),
    hasBlockBroker: () => false,
    addBlockBroker: (added: Broker) => {
      broker = added
    },
  }
  await mixinOf().start?.(facade as unknown as HeliaWithLibp2p)
  return { stop: async () => broker?.stop?.() }
}

/** `withBitswap` only adds a mixin, which makes the broker from whatever node it is started with. */
function mixinOf(): HeliaMixin {
  let mixin: HeliaMixin | undefined
  const catcher = {
    addMixin: (added: HeliaMixin) => {
      mixin = added
    },
  }
  withBitswap(catcher as unknown as HeliaWithLibp2p)
  if (mixin === undefined) {
    throw new Error('@helia/bitswap has changed: it adds no mixin')
  }
  return mixin
}

/**
 * The libp2p that bitswap sees: streams of strangers are reset before a byte of them is read, and none is opened to them.
 * (libp2p's own middleware will not do: `registrar.getMiddleware` hands out the list itself, to which each inbound
 * stream then adds the handler once more.)
 */
function guard(libp2p: Libp2p, admission: Admission) {
  const assertAdmitted = (peer: PeerId): void => {
    if (!admission.admits(peer.toString())) {
      throw new NotAdmittedError(`${peer} is not in peers.admit`)
    }
  }
  type Handler = (stream: Stream, connection: Connection) => void | Promise<void>
  return {
    handle: (protocols: string | string[], handler: Handler, options?: object) =>
      libp2p.handle(
        protocols,
        (stream, connection) => {
          assertAdmitted(connection.remotePeer)
          admission.track(connection.remotePeer.toString(), stream)
          return handler(stream, connection)
        },
        options,
      ),
    unhandle: libp2p.unhandle.bind(libp2p),
    // Bitswap never learns of peers, so it never sends its (empty) list of wishes to any.
    register: async () => 'none',
    unregister: () => {},
    getConnections: () => [],
    dialProtocol: (peer: PeerId, protocol: string, options?: object) => {
      assertAdmitted(peer)
      return libp2p.dialProtocol(peer, protocol, options)
    },
    dial: (peer: PeerId) => Promise.reject(new NotAdmittedError(`bitswap does not dial ${peer}`)),
    isDialable: async () => false,
  }
}
