// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { hasBit } from '../bits.ts'
import { createPolicy, type PolicyState } from '../state.ts'
import { step, wakeAt } from '../step.ts'
import type { Action, PolicyEvent } from '../types.ts'
import { Agenda } from './agenda.ts'
import { seededRandom } from './random.ts'

export interface SimulatedNode {
  readonly id: number
  readonly policy: PolicyState
  /** Chunks that left it, in order. */
  readonly sent: number[]
  /** Milliseconds its uplink takes for a chunk. */
  chunkMs: number
  dead: boolean
  /** It invites and asks like any other, but sends no chunk. */
  silent: boolean
  /** Chunks that came and were held already. */
  duplicates: number
  uplink: { to: number; chunk: number }[]
  sending: boolean
  wake: number
}

export interface SimulationInit {
  readonly receivers: number
  readonly chunks: number
  readonly seed?: number
  readonly chunkMs?: number
  readonly latencyMs?: number
  readonly verifyMs?: number
}

/**
 * A handful of nodes in one process, everybody a neighbour of everybody, node 0 the seeder. An uplink sends its chunks one
 * after the other, messages take a moment, downlinks are free: enough to see that the rules hold together.
 */
export class Simulation {
  readonly nodes: readonly SimulatedNode[]
  readonly #init: Required<SimulationInit>
  readonly #random: () => number
  readonly #agenda = new Agenda()

  constructor(init: SimulationInit) {
    this.#init = { seed: 1, chunkMs: 8, latencyMs: 0.2, verifyMs: 1, ...init }
    this.#random = seededRandom(this.#init.seed)
    this.nodes = Array.from({ length: init.receivers + 1 }, (_, id) => createNode(id, this.#init))
    for (const node of this.nodes) {
      for (const other of this.nodes) {
        if (other !== node) {
          const event = { type: 'joined', peer: other.id, bitmap: new Uint8Array() } as const
          this.#agenda.add(0, () => this.#feed(node, { ...event, dealing: other.policy.dealing }))
        }
      }
    }
  }

  get now(): number {
    return this.#agenda.now
  }

  run(done: () => boolean, limitMs = 1_000_000): void {
    this.#agenda.run(done, limitMs)
  }

  kill(node: SimulatedNode): void {
    node.dead = true
    for (const other of this.nodes) {
      this.#feed(other, { type: 'left', peer: node.id })
    }
  }

  #feed(node: SimulatedNode, event: PolicyEvent): void {
    if (node.dead) {
      return
    }
    for (const action of step(node.policy, event, this.now, this.#random)) {
      this.#act(node, action)
    }
    const due = wakeAt(node.policy)
    if (due < node.wake) {
      node.wake = due
      this.#agenda.add(due, () => {
        node.wake = Number.POSITIVE_INFINITY
        this.#feed(node, { type: 'tick' })
      })
    }
  }

  #act(node: SimulatedNode, action: Action): void {
    if (action.type === 'have') {
      this.#announce(node, action.chunks)
    } else if (action.type === 'haveAll') {
      this.#announce(node, [...Array(this.#init.chunks).keys()])
    } else if (action.type === 'send') {
      node.uplink.push({ to: Number(action.peer), chunk: action.chunk })
      this.#sendNext(node)
    } else if (action.type === 'drop') {
      this.#drop(node, Number(action.peer), action.chunk)
    } else {
      this.#tell(Number(action.peer), { ...action, peer: node.id } as PolicyEvent)
    }
  }

  #tell(to: number, event: PolicyEvent): void {
    const node = this.nodes[to]
    if (node !== undefined) {
      this.#agenda.add(this.now + this.#init.latencyMs, () => this.#feed(node, event))
    }
  }

  #announce(node: SimulatedNode, chunks: readonly number[]): void {
    for (const other of node.policy.neighbours.keys()) {
      for (const first of chunks) {
        this.#tell(Number(other), { type: 'have', peer: node.id, first, count: 1 })
      }
    }
  }

  #drop(node: SimulatedNode, to: number, chunk: number): void {
    const rest = node.uplink.filter((item) => item.chunk !== chunk || item.to !== to)
    const dropped = rest.length < node.uplink.length
    node.uplink = rest
    if (dropped) {
      this.#feed(node, { type: 'sent', peer: to, chunk })
    }
  }

  #sendNext(node: SimulatedNode): void {
    const item = node.uplink[0]
    if (node.sending || node.dead || node.silent || item === undefined) {
      return
    }
    node.sending = true
    node.uplink.shift()
    this.#tell(item.to, { type: 'arriving', peer: node.id, chunk: item.chunk })
    this.#agenda.add(this.now + node.chunkMs, () => {
      node.sending = false
      if (!node.dead) {
        node.sent.push(item.chunk)
        this.#arrive(node.id, item.to, item.chunk)
        this.#feed(node, { type: 'sent', peer: item.to, chunk: item.chunk })
        this.#sendNext(node)
      }
    })
  }

  #arrive(from: number, to: number, chunk: number): void {
    const node = this.nodes[to]
    if (node === undefined) {
      return
    }
    this.#agenda.add(this.now + this.#init.latencyMs, () => {
      node.duplicates += hasBit(node.policy.mine, chunk) ? 1 : 0
      this.#feed(node, { type: 'received', peer: from, chunk })
      const stored = { type: 'stored', chunks: [chunk] } as const
      this.#agenda.add(this.now + this.#init.verifyMs, () => this.#feed(node, stored))
    })
  }
}

function createNode(id: number, init: Required<SimulationInit>): SimulatedNode {
  const dealer = id === 0
  const bitmap = new Uint8Array(Math.ceil(init.chunks / 8)).fill(dealer ? 255 : 0)
  return {
    id,
    policy: createPolicy({ chunks: init.chunks, bitmap, dealer, now: 0 }),
    sent: [],
    chunkMs: init.chunkMs,
    dead: false,
    silent: false,
    duplicates: 0,
    uplink: [],
    sending: false,
    wake: Number.POSITIVE_INFINITY,
  }
}
