// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { shortenMessage } from '@patchswarm/api'
import type { Down } from './down.ts'
import type { Observed } from './observed.ts'
import { isPatienceOver, isToBeTold } from './patience.ts'

/** Of one node in the status. */
const longestMessage = 512

type Seen = Pick<Observed, 'down' | 'downSince' | 'now'>

interface Missing {
  node: string
  reason: string
  message: string
}

/** Agents that are down, and not because they are just starting. */
export const missingOf = (seen: Seen): Down[] => seen.down.filter((one) => isToBeTold(one, ageOf(one, seen)))

/** As the status says it. */
export const toldOf = ({ node, reason, message }: Down): Missing => ({
  node,
  reason,
  message: shortenMessage(message, longestMessage),
})

/** Whether all that is left needs a person. A node that is away comes back or goes; that is no matter of the profile. */
export function isStuck(seen: Seen): boolean {
  const here = seen.down.filter(({ reason }) => reason !== 'NodeNotReady')
  return here.length > 0 && here.every((one) => isPatienceOver(one, ageOf(one, seen)))
}

/** "n1: CrashLoopBackOff: It ended …; 3 more in status.agents.missingNodes" */
export function sentenceOf(missing: readonly Down[]): string {
  const [first] = missing
  if (!first) return ''
  const { node, reason, message } = toldOf(first)
  const more = missing.length > 1 ? ` ${missing.length - 1} more in status.agents.missingNodes.` : ''
  return ` ${node}: ${reason}: ${message}${more}`
}

const ageOf = ({ node }: Down, { downSince, now }: Seen): number =>
  now.getTime() - (downSince.get(node) ?? now.getTime())
