// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type {
  ArtifactReport,
  GrantDecision,
  GrantRequest,
  TrackerClientView,
  TrackerServer,
} from '@patchswarm/swarm/tracker'
import { artifact as patchArtifact } from '../../../operator/src/testing/objects.ts'
import { decideGrant } from '../../../operator/src/tracker/budget.ts'
import { createClaims } from '../../../operator/src/tracker/claims.ts'
import { assignRange } from '../../../operator/src/tracker/readers/assign.ts'
import { createReaders } from '../../../operator/src/tracker/readers/readers.ts'
import type { Wish } from './wish.ts'

interface FleetView {
  readonly wish: Wish | undefined
  readonly tracker: TrackerServer
  artifact(name: string): ArtifactReport | undefined
}

const isSeeder = ({ identity }: TrackerClientView): boolean => identity.role === 'seeder'

/** Gives leave to read the origin of the file that is wished for, by the operator's rules and out of memory alone. */
export class FleetGrants {
  /** Bytes of all grants. */
  granted = 0
  /** No more than this is granted. */
  budget = Infinity
  /** By name of the reader: the ranges that agents were given. */
  readonly ranges: { name: string; start: number; end: number }[] = []
  readonly #fleet: FleetView
  readonly #claims = createClaims((peerId) => this.#isConnected(peerId), Date.now)
  readonly #readers = createReaders((peerId) => this.#isConnected(peerId), Date.now)

  constructor(fleet: FleetView) {
    this.#fleet = fleet
  }

  /** Peer IDs of the agents that read, until a seeder has all of it. */
  elect(): readonly string[] {
    const { wish, tracker } = this.#fleet
    if (!wish?.agentsRead) return []
    const clients = tracker.clients()
    const isSeeded = clients.some(
      (client) => isSeeder(client) && this.#fleet.artifact(client.identity.node)?.state === 'Complete',
    )
    const agents = isSeeded ? [] : clients.filter((client) => !isSeeder(client))
    return this.#readers.elect(
      wish.file.name,
      agents.map(({ peerId, identity: { site, node } }) => ({
        peerId,
        site,
        wants: wish.deliverTo.includes(node),
      })),
    )
  }

  grant(client: TrackerClientView, request: GrantRequest): GrantDecision {
    const wish = this.#fleet.wish as Wish
    if (request.any) return this.#assign(wish, client, request)
    if (request.all) return this.#pay(decideGrant(this.#object(wish), request))
    if (request.back > 0) return this.#takeBack(request.back)
    const { peerId } = client
    const isReader = isSeeder(client) || this.#readers.isReader(wish.file.name, peerId)
    if (!isReader && !this.#claims.take('file', peerId)) {
      return { length: 0, reason: 'AnotherReads', message: 'another agent reads it' }
    }
    const length = Math.min(request.length, this.budget - this.granted)
    return length > 0
      ? this.#pay({ length })
      : { length: 0, reason: 'OriginBudgetExhausted', message: 'all is granted' }
  }

  #pay(decision: GrantDecision): GrantDecision {
    this.granted += decision.length
    return decision
  }

  #takeBack(bytes: number): GrantDecision {
    this.granted -= bytes
    return { length: 0 }
  }

  #assign(wish: Wish, from: TrackerClientView, request: GrantRequest): GrantDecision {
    const { name: key } = wish.file
    const clients = this.#fleet.tracker.clients()
    const seeder = clients.find(isSeeder)
    const reading = ({ identity, lastReportAt }: TrackerClientView) => ({
      report: this.#fleet.artifact(identity.node),
      saidAt: lastReportAt,
    })
    const range = assignRange(this.#object(wish), {
      readers: this.#readers,
      key,
      from,
      request,
      signer: seeder && reading(seeder),
      others: clients
        .filter(({ peerId }) => peerId !== from.peerId && this.#readers.isReader(key, peerId))
        .map((client) => ({ peerId: client.peerId, ...reading(client) })),
    })
    if ('reason' in range) return range
    const { start, end } = range.span
    this.#readers.give(key, from.peerId, range.span)
    this.ranges.push({ name: from.identity.node, start, end })
    return this.#pay({ offset: start, length: end - start })
  }

  /** As a PatchArtifact says what was granted so far. */
  #object({ file, budgetFactor = 1.2 }: Wish) {
    return patchArtifact(
      { size: file.size, origin: { budgetFactor } },
      { origin: { bytesGranted: this.granted } },
    )
  }

  #isConnected(peerId: string): boolean {
    return this.#fleet.tracker.client(peerId) !== undefined
  }
}
