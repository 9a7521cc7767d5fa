// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { countOf } from '../human.ts'
import { ready, stalled, type Verdict, working } from '../verdict.ts'
import type { Picture } from './picture.ts'

/** What a job that may run says about itself. */
export const suspended = ({ counters: { active } }: Picture): Verdict =>
  working(
    'Suspended',
    `No new node is started and ${countOf(active, 'running node')} paused; set spec.suspend to false to go on.`,
  )

export function nobody({ observed: { profile, nodes, job } }: Picture): Verdict {
  const names = job.spec.target.nodeNames ?? []
  const target =
    names.length > 0 ? 'spec.target (nodeNames and nodeSelector together)' : 'spec.target.nodeSelector'
  return stalled(
    'NoNodesSelected',
    `None of the ${countOf(nodes.length, 'node')} of the cluster is both in P2PProfile ${profile?.metadata.name} (its nodeSelector and tolerations) and matched by ${target}.`,
  )
}

export function ending({ counters: { desired, succeeded, failed, skipped }, views }: Picture): Verdict {
  const gone = skipped > 0 ? `, ${skipped} skipped because the node is gone` : ''
  if (failed === 0)
    return ready('Completed', `Delivered on ${succeeded} of ${countOf(desired, 'node')}${gone}.`)
  const example = views.find((one) => one.outcome === 'failed')
  return stalled(
    'NodesFailed',
    `Failed on ${failed} of ${countOf(desired, 'node')}, delivered on ${succeeded}${gone}; ${example?.node}: ${example?.reason}: ${example?.message}`,
  )
}

export function waitingForAgents({ waiting, observed }: Picture): Verdict {
  const missing = waiting.map((node) => node.metadata.name).filter((name) => !observed.connected.has(name))
  const shown = missing.slice(0, 3).join(', ') + (missing.length > 3 ? ', …' : '')
  return working(
    'WaitingForAgents',
    `${countOf(missing.length, 'node')} without a connected agent (${shown}); each starts when its agent connects.`,
  )
}

export function distributing({ counters, progressPercent }: Picture, created = 0): Verdict {
  const { desired, succeeded, active } = counters
  return working(
    'Distributing',
    `${progressPercent} %: ${succeeded} of ${countOf(desired, 'node')} done, ${active + created} active.`,
  )
}
