// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { ContainerStatus, Pod } from '@patchswarm/kube'
import type { Settings } from './settings.ts'

/** Why a Pod is not ready. */
export interface PodTrouble {
  readonly reason: string
  readonly message: string
  /** It may yet come up by itself in a moment. */
  readonly starting: boolean
}

/** What a container waits for while it starts; all other reasons are errors. */
const starts = new Set(['ContainerCreating', 'PodInitializing'])

/** Undefined when the Pod is ready. */
export function podTrouble(pod: Pod): PodTrouble | undefined {
  const { conditions = [], containerStatuses = [], phase, reason, message } = pod.status ?? {}
  const condition = (type: string) => conditions.find((one) => one.type === type)
  if (condition('Ready')?.status === 'True') return undefined
  const scheduled = condition('PodScheduled')
  if (scheduled?.status === 'False') {
    // The agent of another profile, say, still has the ports.
    const message = scheduled.message ?? 'The scheduler finds no way to run the Pod here.'
    return { reason: 'Unschedulable', message, starting: true }
  }
  // Evicted, for example; its DaemonSet makes another one.
  if (phase === 'Failed') return trouble(reason ?? 'Failed', message ?? 'The Pod has failed.')
  const [container] = containerStatuses
  return (container && containerTrouble(pod, container)) ?? starting(pod, condition('Ready')?.message)
}

function containerTrouble(pod: Pod, { state, lastState }: ContainerStatus): PodTrouble | undefined {
  const ended = state?.terminated ?? lastState?.terminated
  const waiting = state?.waiting
  if (waiting && waiting.reason === 'CrashLoopBackOff' && ended)
    return trouble(waiting.reason, ending(pod, ended))
  if (waiting && !starts.has(waiting.reason ?? '')) {
    return trouble(waiting.reason ?? 'Waiting', waiting.message ?? 'The container cannot be started.')
  }
  const terminated = state?.terminated
  // It is started again at once, the first time.
  return (
    terminated && { reason: terminated.reason ?? 'Error', message: ending(pod, terminated), starting: true }
  )
}

type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>

/** The last lines of its log, where the kubelet gives them: the last of all says the most. */
function ending({ metadata }: Pod, { exitCode, reason, message = '' }: Terminated): string {
  const why = reason === undefined || reason === 'Error' ? '' : ` (${reason})`
  const said = message.trim().split('\n').slice(-4).join(' ')
  const logs = `kubectl -n ${metadata.namespace} logs --previous ${metadata.name} says more.`
  return `It ended with exit code ${exitCode}${why}${said === '' ? '' : `: ${said}`}; ${logs}`
}

const starting = ({ metadata }: Pod, message = 'its container is not ready'): PodTrouble => ({
  reason: 'NotReady',
  message: `Pod ${metadata.name}: ${message}; kubectl -n ${metadata.namespace} describe pod ${metadata.name} says more.`,
  starting: true,
})

const trouble = (reason: string, message: string): PodTrouble => ({ reason, message, starting: false })

/** @param set who should have made one, as kubectl names it */
export const noPod = (set: string, { namespace }: Settings): PodTrouble => ({
  reason: 'PodMissing',
  message: `There is no such Pod; kubectl -n ${namespace} describe ${set} says why.`,
  starting: true,
})

/** Of one that is ready. */
export const notConnected = ({ metadata }: Pod, { namespace, trackerAddress }: Settings): PodTrouble => ({
  reason: 'NotConnected',
  message: `Pod ${metadata.name} is ready and not connected: look whether its node reaches ${trackerAddress}; kubectl -n ${namespace} logs ${metadata.name} says more.`,
  starting: true,
})
