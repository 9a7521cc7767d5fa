// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { NodeDistribution } from '@patchswarm/api'
import type { Node } from '@patchswarm/kube'
import type { Claim, Verdict } from '../verdict.ts'

/** What is to be done about a job, and what is said of it. */
export interface Decision {
  verdict: Verdict
  claims: Claim[]
  /** Nodes whose work may be handed out now. */
  start: Node[]
  /** Nodes that have failed and may try again now. */
  again: NodeDistribution[]
  /** Nobody is waited for any more. */
  settled?: boolean
}
