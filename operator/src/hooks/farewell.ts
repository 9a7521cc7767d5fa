// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { cleanupFinalizer, type P2PProfile } from '@patchswarm/api'

/** What one look at the cluster shows while it is being left. */
export interface Farewell {
  profiles: readonly P2PProfile[]
  /** How long nobody has renewed the operator's lease, as far as we have seen. */
  silentMs: number
  /** Since the profiles were disabled. */
  waitedMs: number
}

export interface Step {
  what: 'wait' | 'finish' | 'force'
  /** Profiles that still hold something on nodes. */
  holding: readonly P2PProfile[]
  why: string
}

/** Three times as long as another replica waits before it takes over. */
export const operatorGoneMs = 45_000
/** The operator itself gives absent nodes no more than 30 s. */
export const patienceMs = 150_000

/** Whether to wait for the operator any longer, or to do what can be done without it. */
export function nextStep({ profiles, silentMs, waitedMs }: Farewell): Step {
  const holding = profiles.filter((one) => one.metadata.finalizers?.includes(cleanupFinalizer))
  if (holding.length === 0) return { what: 'finish', holding, why: 'nothing of any profile is left on nodes' }
  if (silentMs >= operatorGoneMs) return { what: 'force', holding, why: 'no operator is running' }
  if (waitedMs >= patienceMs) return { what: 'force', holding, why: 'the operator has not finished in time' }
  return { what: 'wait', holding, why: 'agents are emptying their caches' }
}
