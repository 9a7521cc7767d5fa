// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PolicyEvent } from '../types.ts'
import type { Agenda } from './agenda.ts'
import { type Fluid, Link } from './fluid.ts'
import type { SimulationInit } from './init.ts'
import type { NoteHandler } from './lane.ts'
import type { SimulatedNode, Transfer } from './node.ts'
import { kindNumber } from './notes.ts'

interface TransfersInit {
  readonly agenda: Agenda
  readonly node: (id: number) => SimulatedNode
  readonly fluid: Fluid
  readonly afterLatency: NoteHandler
  readonly feed: (node: SimulatedNode, event: PolicyEvent) => void
  readonly chunkBytes: number
  readonly sites?: SimulationInit['sites']
  readonly stallMs: number
  readonly idleShare: number
}

/** The chunks on their way, and the uplinks they leave by. */
export class Transfers {
  readonly #init: TransfersInit
  readonly #lookAt: (id: number, at: number) => void
  readonly #sites: readonly { readonly up: Link; readonly down: Link }[]

  constructor(init: TransfersInit) {
    this.#init = init
    this.#lookAt = init.agenda.timer((id) => this.#look(init.node(id)))
    this.#sites = (init.sites ?? []).map(({ up, down }) => ({ up: new Link(up), down: new Link(down) }))
  }

  send(node: SimulatedNode, to: SimulatedNode, chunk: number): void {
    const waiting = node.outgoing.get(to.id)
    if (waiting !== undefined) {
      waiting.chunks.push(chunk)
      return
    }
    const transfer: Transfer = { to: to.id, chunks: [chunk], flow: undefined }
    node.outgoing.set(to.id, transfer)
    if (!(to.dead || node.silent)) {
      const { fluid, chunkBytes } = this.#init
      this.#begin(node, to, chunk)
      transfer.flow = fluid.start(this.#way(node, to), chunkBytes, () => this.#sent(node, to, transfer))
    }
  }

  /** Between sites by the lines of both. */
  #way(node: SimulatedNode, to: SimulatedNode): Link[] {
    const out = node.site === undefined ? undefined : this.#sites[node.site]
    const into = to.site === undefined ? undefined : this.#sites[to.site]
    if (node.site === to.site || out === undefined || into === undefined) {
      return [node.up, to.down]
    }
    return [node.up, out.up, into.down, to.down]
  }

  #begin(node: SimulatedNode, to: SimulatedNode, chunk: number): void {
    this.#init.afterLatency(kindNumber.arriving, node.id, to.id, chunk, 0)
  }

  /** @returns bytes that follow on the same way */
  #sent(node: SimulatedNode, to: SimulatedNode, transfer: Transfer): number {
    const chunk = transfer.chunks.shift() as number
    node.sent.push(chunk)
    this.#init.afterLatency(kindNumber.received, node.id, to.id, chunk, 0)
    this.#init.feed(node, { type: 'sent', peer: to.id, chunk })
    const next = transfer.chunks[0]
    if (next === undefined) {
      node.outgoing.delete(to.id)
      return 0
    }
    this.#begin(node, to, next)
    return this.#init.chunkBytes
  }

  /** What has begun goes on. */
  drop(node: SimulatedNode, to: number, chunk: number): void {
    const transfer = node.outgoing.get(to)
    const at = transfer?.chunks.indexOf(chunk, 1) ?? -1
    if (at !== -1) {
      transfer?.chunks.splice(at, 1)
      this.#init.feed(node, { type: 'sent', peer: to, chunk })
    }
  }

  haltAll(node: SimulatedNode): void {
    for (const to of node.outgoing.keys()) {
      this.halt(node, to)
    }
  }

  /** Nothing more gets through, though the sender does not know. */
  halt(node: SimulatedNode, to: number): void {
    const transfer = node.outgoing.get(to)
    if (transfer?.flow !== undefined) {
      this.#init.fluid.stop(transfer.flow)
      transfer.flow = undefined
    }
  }

  /** Looks at the uplink of a node when its neighbours might hold it back for as long as it takes to be sure. */
  watch(node: SimulatedNode): void {
    const { agenda, stallMs } = this.#init
    if (node.watched || !this.#hasRoom(node)) {
      return
    }
    node.watched = true
    this.#lookAt(node.id, agenda.now + stallMs)
  }

  #look(node: SimulatedNode): void {
    node.watched = false
    this.#tellStalled(node, false, hasRoom(node, this.#init.idleShare) && !isInviting(node))
    this.#tellStalled(node, true, this.#hasRoomAcross(node))
  }

  /** The line of the site of a node that deals changed. */
  watchSite(node: SimulatedNode): void {
    const line = node.site === undefined ? undefined : this.#sites[node.site]?.up
    if (line !== undefined) {
      line.shared = () => this.watch(node)
    }
  }

  #hasRoom = (node: SimulatedNode): boolean =>
    hasRoom(node, this.#init.idleShare) || this.#hasRoomAcross(node)

  /** A dealing seeder has the line of its site for itself. */
  #hasRoomAcross({ dead, policy, site }: SimulatedNode): boolean {
    const line = site === undefined ? undefined : this.#sites[site]?.up
    const deals = !dead && policy.dealing && policy.far.taken > 0
    return deals && line !== undefined && line.load < dealersIdleShare * line.capacity
  }

  /** One at a time, the slowest first: when the uplink has room then, it is looked at again. */
  #tellStalled(node: SimulatedNode, across: boolean, room: boolean): void {
    const slowest = room ? slowestTransfer(node, across) : undefined
    if (slowest !== undefined) {
      this.#init.feed(node, { type: 'stalled', peer: slowest.to })
    }
  }
}

/** A dealing seeder is what all wait for: its uplink is kept full (rule 2); the others' have room below `idleShare` (rule 5). */
const dealersIdleShare = 0.99

/** It sends, and its uplink could carry more. */
const hasRoom = ({ dead, outgoing, policy, up }: SimulatedNode, idleShare: number): boolean =>
  !dead && outgoing.size > 0 && up.load < (policy.dealing ? dealersIdleShare : idleShare) * up.capacity

/** Half the slots are offered and not answered: the room may be filled by that. */
function isInviting({ policy }: SimulatedNode): boolean {
  let invited = 0
  for (const neighbour of policy.inviting) {
    invited += neighbour.invited
  }
  return invited * 2 >= policy.parameters.uploads
}

/** The one that holds the uplink back most and is not known to. */
function slowestTransfer({ outgoing, policy }: SimulatedNode, across: boolean): Transfer | undefined {
  let slowest: Transfer | undefined
  for (const transfer of outgoing.values()) {
    const neighbour = policy.neighbours.get(transfer.to)
    const counts = neighbour?.across === across && !neighbour.stalled && neighbour.sending.size > 0
    if (counts && (slowest === undefined || rateOf(transfer) < rateOf(slowest))) {
      slowest = transfer
    }
  }
  return slowest
}

/** Of a transfer to a neighbour that takes nothing any more: 0. */
const rateOf = ({ flow }: Transfer): number => flow?.rate ?? 0
