// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type Bits, clearBit, hasBit, setBit } from './bits.ts'
import type { Neighbour } from './neighbour.ts'

/** What a dealing seeder has still to give to one group of receivers: those of its own site, or the rest of the world. */
export interface Deck {
  readonly undealt: Bits
  undealtCount: number
  cursor: number
  /** Dealt chunks that nobody of the group has announced but those they were dealt to. */
  readonly dealtTo: Map<number, Neighbour>
}

export function createDeck(undealt: Bits, count: number): Deck {
  return { undealt, undealtCount: count, cursor: 0, dealtTo: new Map() }
}

export function putBack(deck: Deck, chunk: number): void {
  if (!hasBit(deck.undealt, chunk)) {
    setBit(deck.undealt, chunk)
    deck.undealtCount += 1
  }
}

export function takeOut(deck: Deck, chunk: number): void {
  if (hasBit(deck.undealt, chunk)) {
    clearBit(deck.undealt, chunk)
    deck.undealtCount -= 1
  }
}

/** In file order: it is all one for the swarm, and kinder to the disk. There must be one. */
export function nextUndealt(deck: Deck, chunks: number): number {
  while (!hasBit(deck.undealt, deck.cursor)) {
    deck.cursor = (deck.cursor + 1) % chunks
  }
  return deck.cursor
}
