// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { P2PProfile } from '@patchswarm/api'
import { parseRate } from '@patchswarm/swarm/limits'
import type { DesiredInit } from '@patchswarm/swarm/tracker'

type BandwidthInit = NonNullable<DesiredInit['bandwidth']>
type Written = { upload?: string; download?: string; origin?: string }

/**
 * The limits of the profile with all their windows: agents go by their own clocks, also while the operator is away.
 * @param sharing readers that the limit of the origin is for
 */
export function bandwidthOf({ spec: { bandwidth } }: P2PProfile, sharing = 1): BandwidthInit {
  const windows = bandwidth.windows.map(({ days = [], start, end, timeZone, ...rates }) => ({
    days,
    start,
    end,
    timeZone,
    rates: ratesOf(rates, sharing),
  }))
  return { rates: ratesOf(bandwidth, sharing), windows, yield: bandwidth.yield }
}

/** As the tracker protocol says it: bytes a second, 0 without a limit. */
function ratesOf({ upload, download, origin }: Written, sharing: number) {
  return {
    ...(upload !== undefined && { upload: rateOf(upload) }),
    ...(download !== undefined && { download: rateOf(download) }),
    ...(origin !== undefined && { origin: rateOf(origin) / sharing }),
  }
}

function rateOf(written: string): number {
  const rate = parseRate(written)
  return rate === Number.POSITIVE_INFINITY ? 0 : rate
}
