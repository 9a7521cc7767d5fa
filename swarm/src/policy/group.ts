// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Deck } from './deck.ts'
import type { Neighbour } from './neighbour.ts'

/** The uploads to one group of neighbours: those of the own site, or of the others. */
export interface Group {
  /** How many neighbours it has. */
  members: number
  /** Uploads accepted, dealt or offered, but for those to stalled neighbours. */
  taken: number
  /** Neighbours that may be invited, in no order. */
  readonly guests: Neighbour[]
  /** Neighbours that lack something of this node's, get chunks from others too and are under no suspicion. */
  wanting: number
  /** What is still to be dealt to them; undefined at a node that does not deal, or has none of them. */
  deck: Deck | undefined
}

export const createGroup = (deck: Deck | undefined): Group => ({
  members: 0,
  taken: 0,
  guests: [],
  wanting: 0,
  deck,
})
