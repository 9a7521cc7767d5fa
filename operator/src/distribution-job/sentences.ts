// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { countOf } from '../human.ts'
import { isPaused } from '../job-state.ts'
import { ready, stalled, type Verdict, working } from '../verdict.ts'
import type { Picture } from './picture.ts'
import { type Closed, unknownZones } from './schedule.ts'
import { wavesWithoutNodes } from './waves.ts'

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

export function ending(picture: Picture): Verdict {
  const { counters, failureLimit } = picture
  const { failed } = counters
  if (failed > 0 && failed >= failureLimit) {
    return stalled('FailureThresholdExceeded', `${failures(picture)}; ${whatNext}`)
  }
  if (failed > 0 && failureLimit === Number.POSITIVE_INFINITY)
    return stalled('NodesFailed', failures(picture))
  const tolerated = failed > 0 ? `; ${failed} failed, fewer than the ${failureLimit} of failureThreshold` : ''
  return ready('Completed', `Delivered on ${deliveredOn(picture)}${tolerated}.`)
}

export function halted(picture: Picture): Verdict {
  const { waiting, active } = picture.counters
  const running = active > 0 ? `, ${runningNodes(picture)}` : ''
  return stalled(
    'FailureThresholdExceeded',
    `Halted: ${countOf(waiting, 'node')} not begun${running}. ${failures(picture)}; ${whatNext}`,
  )
}

const whatNext = 'mend the cause and set a new spec.rollout.retryToken.'

/** How many, and an example of why. */
function failures(picture: Picture): string {
  const { desired, succeeded, failed } = picture.counters
  const example = picture.views.find((one) => one.outcome === 'failed')
  return `Failed on ${failed} of ${countOf(desired, 'node')}, delivered on ${succeeded}${beside(picture)}; ${example?.node}: ${example?.reason}: ${example?.message}`
}

function gone({ counters: { skipped }, views }: Picture): string {
  if (skipped === 0) return ''
  const reasons = new Set(views.filter((one) => one.outcome === 'skipped').map((one) => one.reason))
  return `, ${skipped} skipped (${[...reasons].join(', ')})`
}

/** The job's schedule lets nobody begin. */
export function outside(picture: Picture, closed: Closed): Verdict {
  const { counters, observed } = picture
  const opens = Number.isFinite(closed.opensAt)
    ? `No node begins before ${new Date(closed.opensAt).toISOString()}`
    : 'No node ever begins: spec.schedule.windows name no hours that come'
  const running = counters.active === 0 ? '' : `; ${runningNodes(picture)}`
  const zones = unknownZones(observed.job)
  const unknown =
    zones.length === 0 ? '' : `; this operator knows no time zone ${shown(zones)}: name another one`
  return working(closed.reason, `${opens}${running}${unknown}.`)
}

/** What becomes of those at work. Agents hear whether they are paused when this changes. */
const runningNodes = ({ counters: { active }, observed: { job, now } }: Picture): string =>
  `${countOf(active, 'running node')} ${isPaused(job, now) ? 'paused' : 'may finish'}`

/** A job that keeps nodes current is never over. */
export function current(picture: Picture): Verdict {
  const { failed } = picture.counters
  if (failed > 0) return ending(picture)
  return ready('Current', `Delivered on ${deliveredOn(picture)}; nodes that join get the files, too.`)
}

export function waitingForNodes({ views }: Picture): Verdict {
  const [first] = views
  return working(
    'WaitingForNodes',
    `None of ${countOf(views.length, 'node')} takes part now; ${first?.node}: ${first?.message}`,
  )
}

const deliveredOn = (picture: Picture): string => {
  const { desired, succeeded } = picture.counters
  return `${succeeded} of ${countOf(desired, 'node')}${beside(picture)}`
}

/** What else is to be known of who got it and who did not. */
const beside = (picture: Picture): string => gone(picture) + notMeant(picture) + emptyWaves(picture)

function emptyWaves(picture: Picture): string {
  const { job, nodes } = picture.observed
  const names = wavesWithoutNodes(job.spec.rollout.waves ?? [], picture, nodes)
  return names.length === 0 ? '' : `, no node has the labels of wave ${shown(names)}`
}

/** Names of nodes that are wrong, or of nodes that the profile has not got: nobody waits for them, so it is said. */
function notMeant({ observed: { job, profile }, views, waiting }: Picture): string {
  const meant = new Set([...views.map(({ node }) => node), ...waiting.map(({ metadata }) => metadata.name)])
  const others = (job.spec.target.nodeNames ?? []).filter((name) => !meant.has(name))
  if (others.length === 0) return ''
  return `, and not on ${shown(others)} of spec.target.nodeNames (not in P2PProfile ${profile?.metadata.name}, or not matched by nodeSelector)`
}

const shown = (names: readonly string[]): string =>
  names.slice(0, 3).join(', ') + (names.length > 3 ? ', …' : '')

export function soaking({ wave }: Picture): Verdict {
  return working(
    'Soaking',
    `Wave ${wave?.name} (${countOf(wave?.size ?? 0, 'node')}) is done; the next one begins at ${wave?.soakUntil?.toISOString()}.`,
  )
}

export function waitingToRetry({ counters: { waiting } }: Picture): Verdict {
  return working('Retrying', `${countOf(waiting, 'node')} failed and will try again soon.`)
}

export function waitingForAgents({ waiting, wave, observed }: Picture): Verdict {
  const missing = (wave?.members ?? waiting)
    .map((node) => node.metadata.name)
    .filter((name) => !observed.connected.has(name))
  return working(
    'WaitingForAgents',
    `${countOf(missing.length, 'node')} without a connected agent (${shown(missing)}); each starts when its agent connects.`,
  )
}

export function waitingForNewAgents({ waiting, wave, observed }: Picture): Verdict {
  const old = (wave?.members ?? waiting).filter((node) => observed.tooOld.has(node.metadata.name))
  const name = old[0]?.metadata.name ?? ''
  return working(
    'WaitingForAgents',
    `${countOf(old.length, 'node')} whose agent is too old and about to be replaced (${name}: ${observed.tooOld.get(name)}).`,
  )
}

export function waitingForPaths({ waiting, wave, observed }: Picture): Verdict {
  const nodes = (wave?.members ?? waiting).map((node) => node.metadata.name)
  const claims = nodes.flatMap((node) => observed.claims.get(node) ?? []).filter((one) => one.atWork)
  const jobs = [...new Set(claims.map((one) => `${one.namespace}/${one.job}`))].slice(0, 3)
  return working(
    'WaitingForPaths',
    `DistributionJob ${jobs.join(', ')} still writes ${claims[0]?.path} on ${countOf(nodes.length, 'node')} that this job has left; each begins when that is done there.`,
  )
}

export function distributing(picture: Picture, created = 0): Verdict {
  const { counters, wave, progressPercent } = picture
  const { desired, succeeded, active } = counters
  const where = wave ? ` Wave ${wave.name}: ${wave.finished} of ${wave.size} done.` : ''
  return working(
    'Distributing',
    `${progressPercent} %: ${succeeded} of ${countOf(desired, 'node')} done, ${active + created} active${emptyWaves(picture)}.${where}`,
  )
}

/** It takes too long; what it waits for follows. */
export function overdue({ progressAt, observed }: Picture, { message }: Verdict): Verdict {
  const { progressDeadlineSeconds } = observed.job.spec.rollout
  return stalled(
    'ProgressDeadlineExceeded',
    `Nothing has come and no node was done since ${progressAt} (rollout.progressDeadlineSeconds: ${progressDeadlineSeconds}). ${message}`,
  )
}
