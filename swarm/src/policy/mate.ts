// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PeerKey } from './types.ts'

/** Another node of the own site that is elected to ask other sites. It need not be a neighbour yet. */
export interface Mate {
  readonly key: PeerKey
  readonly hash: number
  /** Since when something of its part may be had elsewhere while nothing of its part has come. */
  waitingSince: number | undefined
  /** That took too long: the others answer for its part until it brings something of it. */
  silent: boolean
}
