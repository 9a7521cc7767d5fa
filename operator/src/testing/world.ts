// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DistributionJob, DistributionJobStatus, NodeDistribution } from '@patchswarm/api'
import type { Node } from '@patchswarm/kube'
import { type Plan, plan } from '../distribution-job/plan.ts'
import { isFinished } from '../node-progress.ts'
import { rowConditions } from '../row-conditions.ts'
import { observed } from './job-plans.ts'
import { job, node, nodes, now, profile, rollout } from './objects.ts'

export type Rollout = Parameters<typeof rollout>[0]
type Schedule = DistributionJob['spec']['schedule']

/** A cluster in which nodes deliver, fail, stall or vanish as `fate` says; the operator may crash before it writes a status. */
export class World {
  rows: NodeDistribution[] = []
  status: DistributionJobStatus = { startTime: now.toISOString() }
  nodes: Node[]
  /** Of all nodes that there ever were. */
  count: number
  time = now.getTime()
  readonly idleMs = new Map<string, number>()
  suspended = false
  /** The job cannot run. */
  refused = false
  readonly #rollout: Rollout
  readonly #schedule: Schedule

  constructor(count: number, over: Rollout, schedule?: Schedule) {
    this.nodes = nodes(count)
    this.count = count
    this.#rollout = over
    this.#schedule = schedule
  }

  get job(): DistributionJob {
    const schedule = this.#schedule && { schedule: this.#schedule }
    return job({ rollout: rollout(this.#rollout), suspend: this.suspended, ...schedule }, this.status)
  }

  plan(): Plan {
    const planned = plan(
      observed({
        job: this.job,
        ...(this.refused && { profile: profile({ enabled: false }) }),
        nodes: this.nodes,
        nodeDistributions: this.rows,
        connected: new Set(this.nodes.map((one) => one.metadata.name)),
        idleMs: this.idleMs,
        now: new Date(this.time),
      }),
    )
    if (!planned) throw new Error('no plan')
    return planned
  }

  apply({ create, rows, status }: Plan, crashes: boolean): void {
    const changed = new Map(rows.map((one) => [one.object, { ...one.object, status: one.status }]))
    this.rows = [...this.rows.map((one) => changed.get(one) ?? one), ...create]
    this.idleMs.clear()
    if (!crashes) this.status = status
  }

  /** Selected nodes that nobody keeps from beginning, and that have not. */
  get waiting(): Node[] {
    const taken = new Set(this.rows.map((one) => one.spec.nodeName))
    return this.nodes.filter((one) => !one.spec?.unschedulable && !taken.has(one.metadata.name))
  }

  /** A node joins, or one that waits goes, for good or until the others are back, too. */
  move(fate: number): void {
    const [first] = this.waiting
    const cordon = (one: Node, unschedulable: boolean): Node => ({ ...one, spec: { unschedulable } })
    if (fate % 7 === 0) this.nodes = this.nodes.map((one) => cordon(one, false))
    if (fate % 7 === 1) this.nodes = this.nodes.map((one) => (one === first ? cordon(one, true) : one))
    if (fate % 7 === 2 && this.nodes.length > 1) this.nodes = this.nodes.filter((one) => one !== first)
    if (fate % 7 === 3) this.nodes = [...this.nodes, node(`n${++this.count}`)]
  }

  /** One node at work comes to its end. */
  end(fate: number): void {
    const running = this.rows.filter((one) => !isFinished(one) && this.has(one.spec.nodeName))
    const chosen = running[fate % Math.max(1, running.length)]
    if (!chosen) return
    if (fate % 7 === 4) {
      this.idleMs.set(chosen.metadata.name, Infinity)
      return
    }
    if (fate % 7 === 6) {
      this.nodes = this.nodes.filter((one) => one.metadata.name !== chosen.spec.nodeName)
      return
    }
    const state = fate % 7 === 5 ? ('Failed' as const) : ('Delivered' as const)
    const conditions = rowConditions(chosen, { state, reason: state, message: '' }, new Date(this.time))
    const status = { ...chosen.status, state, conditions }
    this.rows = this.rows.map((one) => (one === chosen ? { ...one, status } : one))
  }

  has = (node: string): boolean => this.nodes.some((one) => one.metadata.name === node)
}
