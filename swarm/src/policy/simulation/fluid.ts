// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Agenda } from './agenda.ts'

/** One direction of a line, a node's or a site's. */
export class Link {
  /** Bytes a millisecond. */
  readonly capacity: number
  /** The most that one of its flows may have; without limit while the flows' other ends hold all of them back. */
  level = Number.POSITIVE_INFINITY
  readonly flows: Flow[] = []
  queued = false
  touched = false

  /** Called when its flows have got new rates. */
  shared: () => void = () => {}

  constructor(capacity: number) {
    this.capacity = capacity
  }

  /** Bytes a millisecond that flow now. */
  get load(): number {
    let load = 0
    for (const flow of this.flows) {
      load += flow.rate
    }
    return load
  }
}

/** Bytes on their way through some links, an uplink first and a downlink last. */
export interface Flow {
  readonly id: number
  readonly links: readonly Link[]
  /** The bytes are through; returns how many follow at once on the same way, 0 when the flow is over. */
  readonly finished: () => number
  left: number
  rate: number
  /** When `left` was true. */
  since: number
  /** When it is looked at next. */
  dueAt: number
}

const nothing = 1e-6

/**
 * Lines as fluids: every flow gets its max-min fair share of all its links. A change is passed on from
 * link to link only as far as it changes a share by more than `tolerance`, so that its cost does not grow with the swarm.
 */
export class Fluid {
  readonly #agenda: Agenda
  readonly #tolerance: number
  #queue: Link[] = []
  readonly #touched: Link[] = []
  /** By their numbers, which are used again. */
  readonly #flows: (Flow | undefined)[] = []
  readonly #free: number[] = []
  readonly #schedule: (id: number, due: number) => void

  constructor(agenda: Agenda, tolerance: number) {
    this.#agenda = agenda
    this.#tolerance = tolerance
    this.#schedule = agenda.timer((id, due) => {
      const flow = this.#flows[id]
      if (flow?.dueAt === due) {
        this.#look(flow)
      }
    })
  }

  /** The flow has a rate from the next `settle` on. */
  start(links: readonly Link[], bytes: number, finished: () => number): Flow {
    const { now } = this.#agenda
    const id = this.#free.pop() ?? this.#flows.length
    const flow = { id, links, finished, left: bytes, rate: 0, since: now, dueAt: Number.POSITIVE_INFINITY }
    this.#flows[id] = flow
    for (const link of links) {
      link.flows.push(flow)
      this.#note(link)
    }
    return flow
  }

  stop(flow: Flow): void {
    if (this.#flows[flow.id] !== flow) {
      return
    }
    this.#flows[flow.id] = undefined
    this.#free.push(flow.id)
    for (const link of flow.links) {
      const at = link.flows.indexOf(flow)
      if (at !== -1) {
        link.flows.splice(at, 1)
        this.#note(link)
      }
    }
  }

  #note(link: Link): void {
    this.#enqueue(link)
    this.#touch(link)
  }

  #enqueue(link: Link): void {
    if (!link.queued) {
      link.queued = true
      this.#queue.push(link)
    }
  }

  #touch(link: Link): void {
    if (!link.touched) {
      link.touched = true
      this.#touched.push(link)
    }
  }

  /** Shares the lines again after flows began or ended. */
  settle(): void {
    if (this.#queue.length === 0) {
      return
    }
    const { length } = this.#touched
    // Levels come to rest by themselves; the limit is only there so that rounding cannot keep them moving.
    for (let at = 0; at < this.#queue.length && at < 1000 * length; at++) {
      this.#level(this.#queue[at] as Link)
    }
    for (const link of this.#queue) {
      link.queued = false
    }
    this.#queue = []
    for (const link of this.#touched) {
      link.touched = false
      for (const flow of link.flows) {
        this.#pace(flow)
      }
    }
    for (const link of this.#touched.splice(0)) {
      link.shared()
    }
  }

  #level(link: Link): void {
    link.queued = false
    const old = link.level
    const level = fairLevel(link)
    if (old === level || Math.abs(old - level) <= this.#tolerance * Math.min(old, level)) {
      return
    }
    link.level = level
    this.#touch(link)
    const lower = Math.min(old, level)
    for (const flow of link.flows) {
      for (const other of flow.links) {
        // What is above the other's own level does not matter to it.
        if (other !== link && (lower < other.level || other.level === Number.POSITIVE_INFINITY)) {
          this.#enqueue(other)
        }
      }
    }
  }

  #pace(flow: Flow): void {
    const rate = levelBeside(flow, undefined)
    if (rate === flow.rate) {
      return
    }
    const { now } = this.#agenda
    flow.left -= flow.rate * (now - flow.since)
    flow.since = now
    flow.rate = rate
    const due = now + Math.max(0, flow.left) / rate
    // One that has become slower is looked at when it would have been through, and put off then.
    if (due < flow.dueAt) {
      this.#lookAt(flow, due)
    }
  }

  #lookAt(flow: Flow, due: number): void {
    flow.dueAt = due
    this.#schedule(flow.id, due)
  }

  #look(flow: Flow): void {
    const { now } = this.#agenda
    flow.left -= flow.rate * (now - flow.since)
    flow.since = now
    const later = now + flow.left / flow.rate
    if (flow.left > nothing && later > now) {
      this.#lookAt(flow, later)
      return
    }
    flow.left = flow.finished()
    if (flow.left > 0) {
      this.#lookAt(flow, now + flow.left / flow.rate)
    } else {
      this.stop(flow)
    }
  }
}

/** The most that a flow may have, but for what one of its links says. */
function levelBeside({ links }: Flow, but: Link | undefined): number {
  let level = Number.POSITIVE_INFINITY
  for (const link of links) {
    if (link !== but && link.level < level) {
      level = link.level
    }
  }
  return level
}

/** The level at which the flows, none above what its other end gives it, fill the link; Infinity when they cannot. */
function fairLevel(link: Link): number {
  const { capacity, flows } = link
  let level = capacity / flows.length
  for (;;) {
    let rest = capacity
    let limited = 0
    for (const flow of flows) {
      const other = levelBeside(flow, link)
      if (other < level) {
        rest -= other
        limited += 1
      }
    }
    if (limited === flows.length) {
      return Number.POSITIVE_INFINITY
    }
    const next = rest / (flows.length - limited)
    if (next <= level) {
      return level
    }
    level = next
  }
}
