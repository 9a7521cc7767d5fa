// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type P2PProfile, parseQuantity } from '@patchswarm/api'

const DAY_MS = 24 * 3_600_000

/** What the profile asks of the cache of each node, in bytes and milliseconds; 0: no such limit. */
export function cacheLimits({ spec: { cache } }: P2PProfile) {
  return {
    minSize: parseQuantity(cache.minSize ?? '0'),
    maxSize: parseQuantity(cache.maxSize ?? '0'),
    minFree: parseQuantity(cache.minFree),
    retentionMs: cache.retentionDays * DAY_MS,
  }
}
