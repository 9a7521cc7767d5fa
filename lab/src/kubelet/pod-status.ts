// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { BuiltinCondition, Pod } from '@patchswarm/kube'

/** What a container does at this moment, as its status says. */
export type ContainerState =
  | { waiting: { reason: string; message?: string } }
  | { running: { startedAt: string } }
  | {
      terminated: {
        exitCode: number
        signal?: number
        reason: string
        message?: string
        startedAt: string
        finishedAt: string
      }
    }

export interface ContainerReport {
  name: string
  image: string
  state: ContainerState
  lastState?: ContainerState
  restartCount: number
  /** It runs, and its readiness probe agrees or there is none. */
  ready: boolean
}

export interface PodStatus {
  phase: 'Pending' | 'Running' | 'Failed' | 'Succeeded'
  hostIP: string
  hostIPs: { ip: string }[]
  podIP: string
  podIPs: { ip: string }[]
  startTime: string
  conditions: BuiltinCondition[]
  containerStatuses: (ContainerReport & { imageID: string; started: boolean })[]
}

/** The status of a Pod from what its containers do; conditions of others (PodScheduled) are kept. */
export function podStatus(
  pod: Pod,
  containers: readonly ContainerReport[],
  addresses: { hostIP: string; podIP: string },
  startTime: string,
  now: Date,
): PodStatus {
  const unready = containers.filter(({ ready }) => !ready).map(({ name }) => name)
  const condition = conditionWriter(pod.status?.conditions ?? [], now)
  const ready = unready.length === 0
  const why = ready
    ? {}
    : { reason: 'ContainersNotReady', message: `containers not ready: ${unready.join(', ')}` }
  return {
    phase: phaseOf(containers),
    hostIP: addresses.hostIP,
    hostIPs: [{ ip: addresses.hostIP }],
    podIP: addresses.podIP,
    podIPs: [{ ip: addresses.podIP }],
    startTime,
    conditions: condition([
      { type: 'Initialized', status: 'True' },
      { type: 'ContainersReady', status: ready ? 'True' : 'False', ...why },
      { type: 'Ready', status: ready ? 'True' : 'False', ...why },
    ]),
    containerStatuses: containers.map((container) => ({
      ...container,
      imageID: container.image,
      started: 'running' in container.state,
    })),
  }
}

function phaseOf(containers: readonly ContainerReport[]): PodStatus['phase'] {
  const never = containers.some(({ state, restartCount }) => 'waiting' in state && restartCount === 0)
  return never ? 'Pending' : 'Running'
}

function conditionWriter(existing: readonly BuiltinCondition[], now: Date) {
  return (wanted: readonly BuiltinCondition[]): BuiltinCondition[] => {
    const ours = new Set(wanted.map(({ type }) => type))
    const others = existing.filter(({ type }) => !ours.has(type))
    const written = wanted.map((condition) => {
      const before = existing.find(({ type }) => type === condition.type)
      const changed = before?.status !== condition.status
      return {
        ...condition,
        lastTransitionTime: (!changed && before?.lastTransitionTime) || now.toISOString(),
      }
    })
    return [...others, ...written]
  }
}
