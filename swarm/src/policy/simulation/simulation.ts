// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { noteHave } from '../neighbours.ts'
import { defaultParameters } from '../parameters.ts'
import { isHeld } from '../state.ts'
import { step, wakeAt } from '../step.ts'
import type { Action, PolicyEvent } from '../types.ts'
import { Agenda } from './agenda.ts'
import { Fluid } from './fluid.ts'
import { defaults, type SimulationInit } from './init.ts'
import type { NoteHandler } from './lane.ts'
import { News } from './news.ts'
import { bitmapOf, createNode, isEager, type SimulatedNode } from './node.ts'
import { eventOf, kindNumber, numbersOf, wrongKind } from './notes.ts'
import { seededRandom } from './random.ts'
import { neighboursOf } from './topology.ts'
import { Transfers } from './transfers.ts'

/** How often a node is told its round-trip time, as in the real exchange. */
const latencyRoundMs = 100

/** The least that the policy waits for anything. */
const soonestMs = Math.min(defaultParameters.starvedMs, defaultParameters.hedgeFloorMs)
const common: ReadonlySet<PolicyEvent['type']> = new Set([
  'invite',
  'pass',
  'request',
  'sent',
  'arriving',
  'received',
  'stored',
])

/**
 * A swarm in one process around the policy that agents run: lines are shared max-min, messages and the check of a chunk
 * take their time, and everything that happens follows from the seed.
 */
export class Simulation {
  readonly nodes: readonly SimulatedNode[]
  /** Awaited nodes, also those that are still to come, that have not got everything; not the dead. */
  incomplete: number
  readonly #init: SimulationInit & typeof defaults
  readonly #random: () => number
  readonly #agenda = new Agenda()
  readonly #fluid: Fluid
  readonly #transfers: Transfers
  readonly #edges: number[][]
  readonly #afterLatency: NoteHandler
  readonly #afterVerify: NoteHandler
  readonly #news: News
  /** Nodes that must hear news at once. */
  readonly #eager: Uint8Array
  /** When the policy of a node is told that time has passed. */
  readonly #wake: Float64Array
  readonly #wakeAt = this.#agenda.timer((id, due) => this.#tick(this.#node(id), due))
  readonly #tellLatencyAt = this.#agenda.timer((id) => this.#tellLatency(this.#node(id)))

  constructor(init: SimulationInit) {
    this.#init = { ...defaults, ...init }
    this.#random = seededRandom(this.#init.seed)
    this.#fluid = new Fluid(this.#agenda, this.#init.tolerance)
    const handle: NoteHandler = (kind, from, to, c, d) => this.#handle(kind, from, to, c, d)
    this.#afterLatency = this.#agenda.lane(this.#init.latencyMs, handle)
    this.#afterVerify = this.#agenda.lane(this.#init.verifyMs, handle)
    this.#transfers = new Transfers({
      ...this.#init,
      agenda: this.#agenda,
      node: (id) => this.#node(id),
      fluid: this.#fluid,
      afterLatency: this.#afterLatency,
      feed: (node, event) => this.#feed(node, event),
    })
    this.#news = new News(init.nodes.length)
    this.#eager = new Uint8Array(init.nodes.length).fill(1)
    this.#wake = new Float64Array(init.nodes.length).fill(Number.POSITIVE_INFINITY)
    this.nodes = init.nodes.map((node, id) => createNode(id, init, node))
    this.incomplete = this.nodes.filter(({ awaited }) => awaited).length
    this.#edges = neighboursOf(init.nodes.length, init.edges)
    for (const node of this.nodes) {
      node.up.shared = () => this.#transfers.watch(node)
    }
    this.#transfers.watchSite(this.#node(0))
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
    this.incomplete -= !node.awaited || node.dead || node.completedAt !== undefined ? 0 : 1
    node.dead = true
    const neighbours = this.#edges[node.id] ?? []
    this.#transfers.haltAll(node)
    for (const id of neighbours) {
      this.#transfers.halt(this.#node(id), node.id)
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
      this.#tellLatencyAt(id, this.now + latencyRoundMs)
    }
  }

  #introduce(node: SimulatedNode, to: SimulatedNode): void {
    const { dealing } = to.policy
    const { answers, id: peer } = to
    const site = to.site === undefined ? undefined : String(to.site)
    this.#feed(node, { type: 'joined', peer, bitmap: bitmapOf(to), dealing, site, answers })
  }

  #tellLatency(node: SimulatedNode): void {
    if (!node.dead) {
      this.#feed(node, { type: 'latency', rttMs: 2 * this.#init.latencyMs })
      this.#tellLatencyAt(node.id, this.now + latencyRoundMs)
    }
  }

  #handle(kind: number, from: number, to: number, c: number, d: number): void {
    if (kind === kindNumber.have) {
      this.#spread(from, c, d)
      return
    }
    const node = this.#node(to)
    if (kind === kindNumber.received) {
      this.#arrive(from, node, c)
      return
    }
    if (kind === wrongKind) {
      this.#refuse(node, this.#node(from), c)
      return
    }
    this.#feed(node, eventOf(kind, from, c, d))
    if (kind === kindNumber.stored) {
      this.#noteComplete(node)
    }
  }

  #feed(node: SimulatedNode, event: PolicyEvent): void {
    if (node.dead) {
      return
    }
    if (!this.#news.isEmpty(node.id)) {
      this.#tellNews(node)
    }
    this.#step(node, event)
    this.#eager[node.id] = this.#init.promptNews || isEager(node) ? 1 : 0
    this.#wakeLater(node, event)
  }

  #step(node: SimulatedNode, event: PolicyEvent): void {
    for (const action of step(node.policy, event, this.now, this.#random)) {
      this.#act(node, action)
    }
  }

  /** As a `have` each, but for what follows from it: nothing does at a node that is not eager. */
  #tellNews({ id, policy: state }: SimulatedNode): void {
    this.#news.tell(id, (from, chunk, now) => {
      const neighbour = state.neighbours.get(from)
      if (neighbour !== undefined) {
        noteHave({ state, now, random: this.#random, actions: [] }, neighbour, chunk, 1)
      }
    })
  }

  /** A HAVE reaches all neighbours. */
  #spread(from: number, first: number, count: number): void {
    for (const to of this.#edges[from] ?? []) {
      if (this.#eager[to] === 1 || count !== 1) {
        this.#feed(this.#node(to), { type: 'have', peer: from, first, count })
      } else if (this.#news.add(to, from, first, this.now)) {
        this.#tellNews(this.#node(to))
      }
    }
  }

  #wakeLater(node: SimulatedNode, event: PolicyEvent): void {
    // Nothing falls due sooner than that by an event of the common kinds, and what was due before is waited for.
    const wake = this.#wake[node.id] ?? 0
    if (wake <= this.now + soonestMs && common.has(event.type)) {
      return
    }
    const due = Math.max(wakeAt(node.policy), this.now)
    if (due < wake) {
      this.#wake[node.id] = due
      this.#wakeAt(node.id, due)
    }
  }

  #tick(node: SimulatedNode, due: number): void {
    if (this.#wake[node.id] === due) {
      this.#wake[node.id] = Number.POSITIVE_INFINITY
      this.#feed(node, { type: 'tick' })
    }
  }

  #act(node: SimulatedNode, action: Action): void {
    if (action.type === 'have') {
      for (const chunk of action.chunks) {
        this.#announce(node, chunk, 1)
      }
    } else if (action.type === 'haveAll') {
      this.#announce(node, 0, this.#init.chunks)
    } else if (action.type === 'send') {
      this.#transfers.send(node, this.#node(Number(action.peer)), action.chunk)
    } else if (action.type === 'drop') {
      this.#transfers.drop(node, Number(action.peer), action.chunk)
    } else {
      node.messages += 1
      const [c, d] = numbersOf(action)
      this.#afterLatency(kindNumber[action.type], node.id, Number(action.peer), c, d)
    }
  }

  #announce(node: SimulatedNode, first: number, count: number): void {
    node.messages += node.policy.neighbours.size
    this.#afterLatency(kindNumber.have, node.id, -1, first, count)
  }

  #arrive(from: number, to: SimulatedNode, chunk: number): void {
    to.cameAcross += this.#node(from).site === to.site ? 0 : 1
    to.duplicates += isHeld(to.policy, chunk) || to.policy.verifying.has(chunk) ? 1 : 0
    this.#feed(to, { type: 'received', peer: from, chunk })
    const found = this.#node(from).lies ? wrongKind : kindNumber.stored
    this.#afterVerify(found, from, to.id, chunk, 0)
  }

  /** As the exchange does it: not asked there again, and with the second the liar is spoken to no more. */
  #refuse(node: SimulatedNode, liar: SimulatedNode, chunk: number): void {
    node.refused += 1
    this.#feed(node, { type: 'refused', chunk })
    if (!node.dead && node.policy.neighbours.has(liar.id)) {
      this.#feed(node, { type: 'notFound', peer: liar.id, chunk })
      if (node.conduct.strike(String(liar.id), this.now).quarantined) {
        this.#disconnect(node, liar)
        this.#disconnect(liar, node)
      }
    }
  }

  #disconnect(node: SimulatedNode, from: SimulatedNode): void {
    this.#transfers.halt(node, from.id)
    node.outgoing.delete(from.id)
    this.#feed(node, { type: 'left', peer: from.id })
  }

  #noteComplete(node: SimulatedNode): void {
    if (!node.dead && node.completedAt === undefined && node.policy.held === this.#init.chunks) {
      node.completedAt = this.now
      this.incomplete -= node.awaited ? 1 : 0
    }
  }
}
