// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Neighbour } from './neighbour.ts'
import type { PolicyState } from './state.ts'

/** Counted as it changes, because after every event it is asked whether anybody has something for this node. */
export function changeOffers(state: PolicyState, neighbour: Neighbour, by: number): void {
  const before = neighbour.offers > 0
  neighbour.offers += by
  if (neighbour.offers > 0 !== before) {
    state.offering += before ? -1 : 1
  }
}
