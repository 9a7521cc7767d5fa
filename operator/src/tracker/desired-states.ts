// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { swarmKey } from '@patchswarm/swarm/manifest'
import type { DesiredInit } from '@patchswarm/swarm/tracker'
import { type DesiredInput, desiredFor, type Work } from './desired.ts'

/** What sets the desired state of one client apart from those of others of its profile. */
export type Own = Pick<DesiredInput, 'role' | 'work' | 'kept' | 'peerId' | 'sharing' | 'signs' | 'spare'>

export interface DesiredOfMany {
  readonly desired: DesiredInit
  /** Keys of the swarms that it lists, and of those among them whose members its clients are, whatever they hold. */
  readonly listed: ReadonlySet<string>
  readonly joined: readonly string[]
}

/** Of all clients of a profile: those that have the same to hold and to do share one object, made once. */
export function createDesiredStates(common: Omit<DesiredInput, keyof Own>): (own: Own) => DesiredOfMany {
  const made = new Map<string, DesiredOfMany>()
  return (own) => {
    const shape = shapeOf(own, common.readers)
    const before = made.get(shape)
    if (before) return before
    const one = ofMany(own.role, desiredFor({ ...common, ...own }))
    made.set(shape, one)
    return one
  }
}

/** All that `desiredFor` looks at in what is a client's own. */
function shapeOf(
  { role, work, kept = [], peerId = '', sharing = 1, signs = false, spare = new Set() }: Own,
  readers: DesiredInput['readers'] = new Map(),
): string {
  const reads = [...readers].filter(([, peerIds]) => peerIds.includes(peerId)).map(([key]) => key)
  return JSON.stringify([role, signs, sharing, work.map(tryOf), kept.map(tryOf), [...spare], reads])
}

/** A try of a job is the same work on every node. */
const tryOf = ({ object, job, artifacts }: Work): unknown[] => [
  job.metadata.uid,
  object.status?.attempt ?? 1,
  artifacts.map(({ metadata }) => metadata.uid),
]

function ofMany(role: Own['role'], desired: DesiredInit): DesiredOfMany {
  const artifacts = (desired.artifacts ?? []).map(({ swarmId, wanted }) => ({
    key: swarmKey(swarmId ?? new Uint8Array()),
    wanted: wanted || role === 'seeder',
  }))
  return {
    desired,
    listed: new Set(artifacts.map(({ key }) => key)),
    joined: artifacts.filter(({ wanted }) => wanted).map(({ key }) => key),
  }
}
