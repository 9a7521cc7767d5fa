// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Action, PolicyEvent } from '../types.ts'

/** What is said between nodes, as numbers: `kind`, from, to, and two more. */
export const kinds = [
  'token',
  'invite',
  'pass',
  'request',
  'cancel',
  'busy',
  'notFound',
  'have',
  'arriving',
  'received',
  'stored',
] as const
export type Kind = (typeof kinds)[number]

export const kindNumber = Object.fromEntries(kinds.map((kind, at) => [kind, at])) as Record<Kind, number>

/** What a chunk is found to be that is not `stored`; no event, for more follows from it than one. */
export const wrongKind = kinds.length

/** Messages to one neighbour. */
export type Message = Exclude<Action, { type: 'have' | 'haveAll' | 'send' | 'drop' }>

const passReasons = ['full', 'nothing'] as const

/** The two numbers of a message. */
export function numbersOf(message: Message): [number, number] {
  switch (message.type) {
    case 'token':
      return [message.count, 0]
    case 'invite':
      return [0, 0]
    case 'pass':
      return [passReasons.indexOf(message.reason), 0]
    case 'busy':
      return [message.chunk, message.retryMs]
    default:
      return [message.chunk, 0]
  }
}

/** What the node that is told has to make of it. */
export function eventOf(kind: number, peer: number, c: number, d: number): PolicyEvent {
  const type = kinds[kind] as Kind
  switch (type) {
    case 'token':
      return { type, peer, count: c }
    case 'invite':
      return { type, peer }
    case 'pass':
      return { type, peer, reason: passReasons[c] ?? 'full' }
    case 'busy':
      return { type, peer, chunk: c, retryMs: d }
    case 'have':
      return { type, peer, first: c, count: d }
    case 'stored':
      return { type, chunks: [c] }
    default:
      return { type, peer, chunk: c }
  }
}
