// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { shortenMessage } from '@patchswarm/api'
import type { Down } from './down.ts'
import type { Observed } from './observed.ts'
import { isPatienceOver, isToBeTold } from './patience.ts'

/** Of one node in the status. */
const longestMessage = 512

type Seen = Pick<Observed, 'down' | 'downSince' | 'now'>

export interface Missing {
  node: string
  reason: string
  message: string
}

/** Agents that are down, and not because they are just starting. */
export const missingOf = (seen: Seen): Missing[] =>
  seen.down
    .filter((one) => isToBeTold(one, ageOf(one, seen)))
    .map(({ node, reason, message }) => ({ node, reason, message: shortenMessage(message, longestMessage) }))

/** Whether all that is left needs a person. A node that is away comes back or goes; that is no matter of the profile. */
export function isStuck(seen: Seen): boolean {
  const here = seen.down.filter(({ reason }) => reason !== 'NodeNotReady')
  return here.length > 0 && here.every((one) => isPatienceOver(one, ageOf(one, seen)))
}

/** "n1: CrashLoopBackOff: It ended …; 3 more in status.agents.missingNodes" */
export function sentenceOf([first, ...others]: readonly Missing[]): string {
  if (!first) return ''
  const more = others.length > 0 ? ` ${others.length} more in status.agents.missingNodes.` : ''
  return ` ${first.node}: ${first.reason}: ${first.message}${more}`
}

const ageOf = ({ node }: Down, { downSince, now }: Seen): number =>
  now.getTime() - (downSince.get(node) ?? now.getTime())
