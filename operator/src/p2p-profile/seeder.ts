// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { workloadName } from '@patchswarm/api'
import { type Fleet, podsOf } from './down.ts'
import { isPatienceOver, isToBeTold } from './patience.ts'
import { noPod, notConnected, type PodTrouble, podTrouble } from './pod-trouble.ts'

/** Why a profile is without its seeder. */
export interface SeederDown extends PodTrouble {
  readonly pod: string
}

export interface SeederFleet extends Pick<Fleet, 'profile' | 'settings' | 'pods'> {
  seederConnected: boolean
}

/** Undefined when the seeder is ready and connected. */
export function seederDown({
  profile,
  settings,
  pods,
  seederConnected,
}: SeederFleet): SeederDown | undefined {
  const set = workloadName(profile.metadata.name, 'seeder')
  const [pod] = podsOf(pods, 'seeder')
  if (!pod) return { ...noPod(`statefulset ${set}`, settings), pod: `${set}-0` }
  const trouble = podTrouble(pod) ?? (seederConnected ? undefined : notConnected(pod, settings))
  return (
    trouble && { ...trouble, starting: trouble.starting || isRestarting(trouble), pod: pod.metadata.name }
  )
}

/** One that was killed twice gets the time to come back: artifacts and jobs stall with their seeder. */
const isRestarting = ({ reason }: PodTrouble): boolean => reason === 'CrashLoopBackOff'

/** What is seen of the seeder at one moment. */
export interface SeederSeen {
  seeder: SeederDown | undefined
  /** In milliseconds; undefined while nothing is wrong. */
  seederDownSince: number | undefined
  now: Date
}

const ageOf = ({ seederDownSince, now }: SeederSeen): number =>
  seederDownSince === undefined ? 0 : now.getTime() - seederDownSince

/** It is away for longer than a new leader or a new Pod explains. */
export const isSeederMissing = (seen: SeederSeen): boolean =>
  seen.seeder !== undefined && isToBeTold(seen.seeder, ageOf(seen))

/** Nothing is read from origins until a person has looked. */
export const isSeederStuck = (seen: SeederSeen): boolean =>
  seen.seeder !== undefined && isPatienceOver(seen.seeder, ageOf(seen))

/** "Pod patchswarm-default-seeder-0: ImagePullBackOff: Back-off pulling image …" */
export const seederSentence = ({ seeder }: SeederSeen): string =>
  seeder ? ` Pod ${seeder.pod}: ${seeder.reason}: ${seeder.message}` : ''
