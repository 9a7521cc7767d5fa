// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, isConflict, isNotFound, POD, type Pod } from '@patchswarm/kube'
import type { Logger } from 'pino'
import type { ContainerRunner } from './container.ts'
import { podStatus } from './pod-status.ts'

export interface StatusWriter {
  /** The Pod's, as soon as they are known. */
  addresses: { hostIP: string; podIP: string }
  changed(): void
  stop(): void
}

/** Writes the Pod's status after changes: one call at a time, the newest state, repeated when it fails. */
export function createStatusWriter(
  { client, log }: { client: Client; log: Logger },
  current: () => { readonly pod: Pod; readonly containers: readonly ContainerRunner[] },
): StatusWriter {
  const startTime = new Date().toISOString()
  let writing = false
  let again = false
  let stopped = false
  const writer: StatusWriter = {
    addresses: { hostIP: '', podIP: '' },
    changed() {
      again = true
      if (!writing) void loop()
    },
    stop() {
      stopped = true
    },
  }
  const loop = async (): Promise<void> => {
    writing = true
    while (again && !stopped) {
      again = false
      await write()
    }
    writing = false
  }
  const write = async (): Promise<void> => {
    const { pod, containers } = current()
    const { name, namespace, uid } = pod.metadata
    const reports = containers.map(({ report }) => report)
    const status = podStatus(pod, reports, writer.addresses, startTime, new Date())
    try {
      await client.for(POD).patchStatus(name, namespace, status, uid ? { uid } : {})
    } catch (error) {
      if (isNotFound(error) || isConflict(error) || stopped) return
      log.warn({ err: error, pod: name }, 'cannot write the status of a Pod')
      again = true
      await sleep(500)
    }
  }
  return writer
}
