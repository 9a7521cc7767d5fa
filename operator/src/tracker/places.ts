// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type ClientIdentity, RefusedError } from '@patchswarm/swarm/tracker'
import { membershipMs } from './membership.ts'

/** Whoever was let in is as good as connected for so long. */
const enteringMs = 2000

export interface Claim {
  readonly identity: ClientIdentity
  readonly podName: string
  readonly peerId: string
}

interface Holder extends Claim {
  readonly since: number
}

export interface PlacesOptions {
  /** The node of the client that is connected with this peer ID. */
  connectedOn(peerId: string): string | undefined
  /** When the Pod was made, in milliseconds since the epoch; undefined when there is no such Pod any more. */
  podCreatedAt(name: string, uid: string, signal: AbortSignal): Promise<number | undefined>
  now(): number
}

/** What speaks for and against a claim whose place another peer has had. */
export interface Rival {
  readonly samePod: boolean
  readonly isConnected: boolean
  /** The Pod of the claim was made before the one that has the place. */
  readonly isOlder: boolean
}

/**
 * Who is which node: of a profile and node there is one agent, of a Pod one peer, and a peer is on one node. Soft state: under a
 * new leader places are taken anew, by whoever proves to be there.
 */
export class Places {
  readonly #options: PlacesOptions
  /** By place, in the order of entering. */
  readonly #holders = new Map<string, Holder>()
  readonly #byPeer = new Map<string, Holder>()

  constructor(options: PlacesOptions) {
    this.#options = options
  }

  /**
   * Lets the peer in.
   * @returns the peer ID that it has replaced, whose membership must not hold any more
   * @throws RefusedError when another one is that node, or this one another node
   */
  async enter(claim: Claim, signal: AbortSignal): Promise<string | undefined> {
    const { identity, peerId } = claim
    if (this.#isOnAnotherNode(claim)) {
      const message = `another node is connected with the peer ID ${peerId}: a copied disk? A new key is needed`
      throw new RefusedError('IdentityInUse', message, false)
    }
    const place = placeOf(identity)
    const holder = this.#holders.get(place)
    const rival = holder && holder.peerId !== peerId ? holder : undefined
    if (rival) refuseRival(await this.#compare(claim, rival, signal))
    this.#take(place, { ...claim, since: this.#options.now() })
    return rival?.peerId
  }

  #isOnAnotherNode({ peerId, identity }: Claim): boolean {
    const connected = this.#options.connectedOn(peerId)
    const entering = this.#byPeer.get(peerId)
    const other = (node: string | undefined): boolean => node !== undefined && node !== identity.node
    return other(connected) || (this.#isEntering(entering) && other(entering?.identity.node))
  }

  async #compare(claim: Claim, holder: Holder, signal: AbortSignal): Promise<Rival> {
    const samePod = claim.identity.podUid === holder.identity.podUid
    const isConnected =
      this.#options.connectedOn(holder.peerId) === holder.identity.node || this.#isEntering(holder)
    if (samePod) return { samePod, isConnected, isOlder: false }
    const createdAt = (one: Claim) => this.#options.podCreatedAt(one.podName, one.identity.podUid, signal)
    const [mine = 0, theirs = 0] = await Promise.all([createdAt(claim), createdAt(holder)])
    return { samePod, isConnected, isOlder: mine < theirs }
  }

  #isEntering(holder: Holder | undefined): boolean {
    return holder !== undefined && this.#options.now() - holder.since < enteringMs
  }

  #take(place: string, holder: Holder): void {
    this.#drop(place)
    this.#holders.set(place, holder)
    this.#byPeer.set(holder.peerId, holder)
    for (const [old, { since }] of this.#holders) {
      if (holder.since - since < membershipMs) break
      this.#drop(old)
    }
  }

  #drop(place: string): void {
    const old = this.#holders.get(place)
    this.#holders.delete(place)
    if (old && this.#byPeer.get(old.peerId) === old) this.#byPeer.delete(old.peerId)
  }
}

/**
 * A newer Pod takes the place of an older one, and a Pod that has lost its key that of itself. While the peer that a Pod had is
 * connected, another one with that Pod's token has stolen it.
 * @throws RefusedError
 */
export function refuseRival({ samePod, isConnected, isOlder }: Rival): void {
  if (samePod && isConnected) {
    throw new RefusedError('PlaceTaken', 'another peer is connected with the token of this Pod', true)
  }
  if (isOlder) throw new RefusedError('NewerPod', 'the agent of a newer Pod has this node', true)
}

const placeOf = ({ profile, role, node, podUid }: ClientIdentity): string =>
  // Several seeders may share a node; of a Pod there is one.
  role === 'agent' ? `${profile}/agent/${node}` : `${profile}/seeder/${podUid}`
