// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** Whatever names a neighbour: a peer ID, or a number in the simulator. */
export type PeerKey = string | number

export type PassReason = 'full' | 'nothing'

/** Where somebody is, and whether he is one of those that their site has elected to ask other sites. */
export interface Place {
  readonly site: string
  readonly answers: boolean
}

/** What happened at this node, in one swarm. Ranges are [first, first + count). */
export type PolicyEvent =
  /**
   * HELLO of both sides is through. `bitmap`: least significant bit first; a dealing seeder shows nothing. `site`: where it is, for a
   * node that knows its own. `answers`: of a member of the own site, whether it is elected to ask others (true when left out).
   */
  | {
      readonly type: 'joined'
      readonly peer: PeerKey
      readonly bitmap: Uint8Array
      readonly dealing: boolean
      readonly site?: string | undefined
      readonly answers?: boolean | undefined
    }
  | { readonly type: 'left'; readonly peer: PeerKey }
  /** Who is where, in place of what was known before; neighbours that are not named stay where they were. */
  | {
      readonly type: 'placed'
      readonly self: (Place & { readonly peer: PeerKey }) | undefined
      readonly peers: ReadonlyMap<PeerKey, Place>
      /** Chunks stay in their site: only this node's own part (`answers`) comes from others. */
      readonly apart?: boolean
    }
  | { readonly type: 'have'; readonly peer: PeerKey; readonly first: number; readonly count: number }
  | { readonly type: 'token'; readonly peer: PeerKey; readonly count: number }
  | { readonly type: 'invite'; readonly peer: PeerKey }
  | { readonly type: 'pass'; readonly peer: PeerKey; readonly reason: PassReason }
  | { readonly type: 'request'; readonly peer: PeerKey; readonly chunk: number }
  | { readonly type: 'cancel'; readonly peer: PeerKey; readonly chunk: number }
  | { readonly type: 'busy'; readonly peer: PeerKey; readonly chunk: number; readonly retryMs: number }
  | { readonly type: 'notFound'; readonly peer: PeerKey; readonly chunk: number }
  /** The first bytes of a chunk came. */
  | { readonly type: 'arriving'; readonly peer: PeerKey; readonly chunk: number }
  /** All of a chunk is here, and this node's limit keeps it from being `received` yet: it counts as under way. */
  | { readonly type: 'heldBack'; readonly peer: PeerKey; readonly chunk: number }
  /** The last bytes of a chunk came; it is being verified. */
  | { readonly type: 'received'; readonly peer: PeerKey; readonly chunk: number }
  /** Verified and held, wherever from. */
  | { readonly type: 'stored'; readonly chunks: readonly number[] }
  /** Their digests have become known, while the seeder reads. `copying`: those that lie on this node already. */
  | { readonly type: 'born'; readonly chunks: readonly number[]; readonly copying: readonly number[] }
  /** It was not what the manifest says (or could not be stored, or not be copied): needed again. */
  | { readonly type: 'refused'; readonly chunk: number }
  /** What this peer sent was not the chunk: not asked for there again before it is announced anew. */
  | { readonly type: 'wrong'; readonly peer: PeerKey; readonly chunk: number }
  /** What this peer sent was the chunk. Told only of a suspect. */
  | { readonly type: 'right'; readonly peer: PeerKey }
  /** Held before, and gone: found wrong or unreadable, or taken back by a sync that failed. */
  | { readonly type: 'lost'; readonly chunks: readonly number[] }
  /** The last bytes of a chunk have left towards the peer. */
  | { readonly type: 'sent'; readonly peer: PeerKey; readonly chunk: number }
  /** The peer takes nothing while the uplink has room: its uploads do not count until it takes again. */
  | { readonly type: 'stalled'; readonly peer: PeerKey }
  | { readonly type: 'flowing'; readonly peer: PeerKey }
  /** A new round-trip time, the usual one among the neighbours. */
  | { readonly type: 'latency'; readonly rttMs: number }
  /** Time passed; due at `wakeAt`. */
  | { readonly type: 'tick' }

/** What the node is to do about it. */
export type Action =
  | { readonly type: 'token'; readonly peer: PeerKey; readonly count: number }
  | { readonly type: 'invite'; readonly peer: PeerKey }
  | { readonly type: 'pass'; readonly peer: PeerKey; readonly reason: PassReason }
  | { readonly type: 'request'; readonly peer: PeerKey; readonly chunk: number }
  | { readonly type: 'cancel'; readonly peer: PeerKey; readonly chunk: number }
  | { readonly type: 'busy'; readonly peer: PeerKey; readonly chunk: number; readonly retryMs: number }
  | { readonly type: 'notFound'; readonly peer: PeerKey; readonly chunk: number }
  /** Send the chunk, and say `sent` when it has left. */
  | { readonly type: 'send'; readonly peer: PeerKey; readonly chunk: number }
  /** Do not send it after all, if it has not begun. */
  | { readonly type: 'drop'; readonly peer: PeerKey; readonly chunk: number }
  /** Announce to every neighbour. */
  | { readonly type: 'have'; readonly chunks: readonly number[] }
  /** Announce everything that is held: dealing is over. */
  | { readonly type: 'haveAll' }
