// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { Conduct } from '../../exchange/conduct.ts'
import { cell, mineColumn } from '../chunk-table.ts'
import { createPolicy, type PolicyState } from '../state.ts'
import { type Flow, Link } from './fluid.ts'
import type { NodeInit, SimulationInit } from './init.ts'

/** What a node sends to one neighbour: chunks one after the other, the first of them under way. */
export interface Transfer {
  readonly to: number
  readonly chunks: number[]
  /** Undefined when the neighbour has died and takes nothing. */
  flow: Flow | undefined
}

export interface SimulatedNode {
  readonly id: number
  readonly policy: PolicyState
  readonly site: number | undefined
  readonly answers: boolean
  readonly awaited: boolean
  readonly lies: boolean
  readonly conduct: Conduct
  readonly up: Link
  readonly down: Link
  /** Chunks that left it, in order. */
  readonly sent: number[]
  readonly outgoing: Map<number, Transfer>
  present: boolean
  dead: boolean
  /** It invites and asks like any other, but sends no chunk. */
  silent: boolean
  /** Chunks that came from other sites. */
  cameAcross: number
  /** Chunks that came and were held already. */
  duplicates: number
  /** Chunks that came and were wrong. */
  refused: number
  /** Control messages that it sent. */
  messages: number
  completedAt: number | undefined
  /** Its uplink is being watched for neighbours that hold it back. */
  watched: boolean
}

export function createNode(id: number, init: SimulationInit, at: NodeInit): SimulatedNode {
  const dealer = id === 0
  const { chunks, parameters = {} } = init
  const { site, answers = true, awaited = !dealer, lies = false } = at
  const place = site === undefined ? undefined : { name: String(site), self: id, answers }
  const bitmap = new Uint8Array(Math.ceil(chunks / 8)).fill(dealer ? 255 : 0)
  return {
    id,
    policy: createPolicy({ chunks, bitmap, dealer, site: place, now: at.joinsAt ?? 0, parameters }),
    site,
    answers,
    awaited,
    lies,
    conduct: new Conduct(),
    up: new Link(at.up),
    down: new Link(at.down),
    sent: [],
    outgoing: new Map(),
    present: false,
    dead: false,
    silent: false,
    cameAcross: 0,
    duplicates: 0,
    refused: 0,
    messages: 0,
    completedAt: undefined,
    watched: false,
  }
}

/** What the node shows of its chunks when it meets another. */
export function bitmapOf({ policy }: SimulatedNode): Uint8Array {
  const bytes = new Uint8Array(policy.dealing ? 0 : Math.ceil(policy.chunks / 8))
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = cell(policy.table, at >>> 2, mineColumn) >>> ((at & 3) * 8)
  }
  return bytes
}

/** A HAVE may make it do something at once: deal, become hungry, or invite a neighbour that had passed with its hands full. */
export const isEager = ({ policy }: SimulatedNode): boolean =>
  policy.dealing || mayHunger(policy) || (policy.refusing > 0 && hasSlot(policy))

const mayHunger = ({ inFlight, table, offering }: PolicyState): boolean =>
  offering === 0 && inFlight.size === 0 && table.neededCount > 0

const hasSlot = ({ near, far, parameters }: PolicyState): boolean =>
  near.taken < parameters.uploads || (far.members > 0 && far.taken < parameters.uploadsAcross)
