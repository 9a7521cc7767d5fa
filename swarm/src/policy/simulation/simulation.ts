// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { hasBit } from '../bits.ts'
import { step, wakeAt } from '../step.ts'
import type { Action, PolicyEvent } from '../types.ts'
import { Agenda } from './agenda.ts'
import { Fluid } from './fluid.ts'
import { defaults, type SimulationInit } from './init.ts'
import { bitmapOf, createNode, isInviting, rateOf, type SimulatedNode, type Transfer } from './node.ts'
import { seededRandom } from './random.ts'
import { neighboursOf } from './topology.ts'

/** A dealing seeder is what all wait for: its uplink is kept full (rule 2); the others' have room below `idleShare` (rule 5). */
const dealersIdleShare = 0.99
/** How often a node is told its round-trip time, as in the real exchange. */
const latencyRoundMs = 100

/**
 * A swarm in one process around the policy that agents run: lines are shared max-min, messages and the check of a chunk
 * take their time, and everything that happens follows from the seed.
 */
export class Simulation {
  readonly nodes: readonly SimulatedNode[]
  /** Receivers, also those that are still to come, that have not got everything; not the dead. */
  incomplete: number
  readonly #init: SimulationInit & typeof defaults
  readonly #random: () => number
  readonly #agenda = new Agenda()
  readonly #fluid: Fluid
  readonly #edges: number[][]
  readonly #afterLatency: (run: () => void) => void
  readonly #afterVerify: (run: () => void) => void

  constructor(init: SimulationInit) {
    this.#init = { ...defaults, ...init }
    this.#random = seededRandom(this.#init.seed)
    this.#fluid = new Fluid(this.#agenda, this.#init.tolerance)
    this.#afterLatency = this.#agenda.lane(this.#init.latencyMs)
    this.#afterVerify = this.#agenda.lane(this.#init.verifyMs)
    this.nodes = init.nodes.map((node, id) => createNode(id, init, node))
    this.incomplete = init.nodes.length - 1
    this.#edges = neighboursOf(init.nodes.length, init.edges)
    for (const node of this.nodes) {
      node.up.shared = () => this.#watch(node)
    }
    for (const [id, { joinsAt = 0, diesAt }] of init.nodes.entries()) {
      this.#agenda.add(joinsAt, () => this.#join(id))
      if (diesAt !== undefined) {
        this.#agenda.add(diesAt, () => this.kill(this.#node(id), this.#init.detectMs))
      }
    }
  }

  get now(): number {
    return this.#agenda.now
  }

  /** @throws Error when it comes to a standstill or takes more than `limitMs` of simulated time */
  run(done: () => boolean = () => this.incomplete === 0, limitMs = 100_000_000): void {
    this.#agenda.run(done, limitMs, () => this.#fluid.settle())
  }

  /** It sends and takes nothing any more; its neighbours learn it after `detectMs`. */
  kill(node: SimulatedNode, detectMs = 0): void {
    this.incomplete -= node.dead || node.completedAt !== undefined ? 0 : 1
    node.dead = true
    const neighbours = this.#edges[node.id] ?? []
    for (const transfer of node.outgoing.values()) {
      this.#halt(transfer)
    }
    for (const id of neighbours) {
      this.#halt(this.#node(id).outgoing.get(node.id))
    }
    this.#agenda.add(this.now + detectMs, () => {
      for (const id of neighbours) {
        this.#node(id).outgoing.delete(node.id)
        this.#feed(this.#node(id), { type: 'left', peer: node.id })
      }
    })
  }

  #node(id: number): SimulatedNode {
    return this.nodes[id] as SimulatedNode
  }

  #halt(transfer: Transfer | undefined): void {
    if (transfer?.flow !== undefined) {
      this.#fluid.stop(transfer.flow)
      transfer.flow = undefined
    }
  }

  #join(id: number): void {
    const node = this.#node(id)
    if (node.dead) {
      return
    }
    node.present = true
    for (const other of (this.#edges[id] ?? []).map((at) => this.#node(at))) {
      if (other.present && !other.dead) {
        this.#introduce(node, other)
        this.#introduce(other, node)
      }
    }
    if (this.#init.latencyMs > 1) {
      this.#tellLatency(node)
    }
  }

  #introduce(node: SimulatedNode, to: SimulatedNode): void {
    const { dealing } = to.policy
    this.#feed(node, { type: 'joined', peer: to.id, bitmap: bitmapOf(to), dealing })
  }

  #tellLatency(node: SimulatedNode): void {
    this.#agenda.add(this.now + latencyRoundMs, () => {
      if (!node.dead) {
        this.#feed(node, { type: 'latency', rttMs: 2 * this.#init.latencyMs })
        this.#tellLatency(node)
      }
    })
  }

  #feed(node: SimulatedNode, event: PolicyEvent): void {
    if (node.dead) {
      return
    }
    const actions = step(node.policy, event, this.now, this.#random)
    for (const action of actions) {
      this.#act(node, action)
    }
    // News alone makes nothing due any sooner while something is under way.
    if (event.type !== 'have' || actions.length > 0 || node.policy.inFlight.size === 0) {
      this.#wakeLater(node)
    }
  }

  #wakeLater(node: SimulatedNode): void {
    const due = wakeAt(node.policy)
    if (due >= node.wake) {
      return
    }
    node.wake = due
    this.#agenda.add(due, () => {
      if (node.wake === due) {
        node.wake = Number.POSITIVE_INFINITY
        this.#feed(node, { type: 'tick' })
      }
    })
  }

  #act(node: SimulatedNode, action: Action): void {
    if (action.type === 'have') {
      for (const chunk of action.chunks) {
        this.#announce(node, chunk, 1)
      }
    } else if (action.type === 'haveAll') {
      this.#announce(node, 0, this.#init.chunks)
    } else if (action.type === 'send') {
      this.#send(node, this.#node(Number(action.peer)), action.chunk)
    } else if (action.type === 'drop') {
      this.#drop(node, Number(action.peer), action.chunk)
    } else {
      node.messages += 1
      const to = this.#node(Number(action.peer))
      const event = { ...action, peer: node.id } as PolicyEvent
      this.#afterLatency(() => this.#feed(to, event))
    }
  }

  #announce(node: SimulatedNode, first: number, count: number): void {
    const event = { type: 'have', peer: node.id, first, count } as const
    node.messages += node.policy.neighbours.size
    this.#afterLatency(() => {
      for (const to of node.policy.neighbours.keys()) {
        this.#feed(this.#node(Number(to)), event)
      }
    })
  }

  #send(node: SimulatedNode, to: SimulatedNode, chunk: number): void {
    const waiting = node.outgoing.get(to.id)
    if (waiting !== undefined) {
      waiting.chunks.push(chunk)
      return
    }
    const transfer: Transfer = { to: to.id, chunks: [chunk], flow: undefined }
    node.outgoing.set(to.id, transfer)
    if (!(to.dead || node.silent)) {
      this.#begin(node, to, chunk)
      const { chunkBytes } = this.#init
      transfer.flow = this.#fluid.start(node.up, to.down, chunkBytes, () => this.#sent(node, to, transfer))
    }
  }

  #begin(node: SimulatedNode, to: SimulatedNode, chunk: number): void {
    this.#afterLatency(() => this.#feed(to, { type: 'arriving', peer: node.id, chunk }))
  }

  /** @returns bytes that follow on the same way */
  #sent(node: SimulatedNode, to: SimulatedNode, transfer: Transfer): number {
    const chunk = transfer.chunks.shift() as number
    node.sent.push(chunk)
    this.#afterLatency(() => this.#arrive(node.id, to, chunk))
    this.#feed(node, { type: 'sent', peer: to.id, chunk })
    const next = transfer.chunks[0]
    if (next === undefined) {
      node.outgoing.delete(to.id)
      return 0
    }
    this.#begin(node, to, next)
    return this.#init.chunkBytes
  }

  #arrive(from: number, to: SimulatedNode, chunk: number): void {
    to.duplicates += hasBit(to.policy.mine, chunk) || to.policy.verifying.has(chunk) ? 1 : 0
    this.#feed(to, { type: 'received', peer: from, chunk })
    this.#afterVerify(() => {
      this.#feed(to, { type: 'stored', chunks: [chunk] })
      if (!to.dead && to.completedAt === undefined && to.policy.held === this.#init.chunks) {
        to.completedAt = this.now
        this.incomplete -= 1
      }
    })
  }

  /** What has begun goes on. */
  #drop(node: SimulatedNode, to: number, chunk: number): void {
    const transfer = node.outgoing.get(to)
    const at = transfer?.chunks.indexOf(chunk, 1) ?? -1
    if (at !== -1) {
      transfer?.chunks.splice(at, 1)
      this.#feed(node, { type: 'sent', peer: to, chunk })
    }
  }

  /** Looks at the uplink of a node when its neighbours might hold it back for as long as it takes to be sure. */
  #watch(node: SimulatedNode): void {
    if (node.watched || !this.#hasRoom(node)) {
      return
    }
    node.watched = true
    this.#agenda.add(this.now + this.#init.stallMs, () => {
      node.watched = false
      if (this.#hasRoom(node) && !isInviting(node)) {
        this.#tellStalled(node)
      }
    })
  }

  #hasRoom({ dead, outgoing, policy, up }: SimulatedNode): boolean {
    return (
      !dead &&
      outgoing.size > 0 &&
      up.load < (policy.dealing ? dealersIdleShare : this.#init.idleShare) * up.capacity
    )
  }

  /** One at a time, the slowest first: when the uplink has room then, it is looked at again. */
  #tellStalled(node: SimulatedNode): void {
    let slowest: Transfer | undefined
    for (const transfer of node.outgoing.values()) {
      const stalled = node.policy.neighbours.get(transfer.to)?.stalled ?? true
      if (!stalled && (slowest === undefined || rateOf(transfer) < rateOf(slowest))) {
        slowest = transfer
      }
    }
    if (slowest !== undefined) {
      this.#feed(node, { type: 'stalled', peer: slowest.to })
    }
  }
}
