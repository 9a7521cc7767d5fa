// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { ArtifactView } from '../artifact/artifact-account.ts'
import type { BytesBySource } from './baselines.ts'

export type DeliveryState = 'Waiting' | 'Fetching' | 'Verifying' | 'Delivered' | 'Failed'

/** What is reported of a delivery. */
export interface DeliveryView {
  id: string
  state: DeliveryState
  reason: string
  message: string
  path: string
  sha256: string
  bytesDone: number
  bytesTotal: number
  bytes: BytesBySource
  startedAt: number
  finishedAt: number
  rate: number
  peers: number
  usefulPeers: number
  /** Bytes copied and hashed so far by the try that runs. */
  bytesChecked: number
}

/** How a delivery has ended. */
export type Outcome =
  | { state: 'Delivered'; path: string; sha256: string; finishedAt: number; bytes: BytesBySource }
  | { state: 'Failed'; reason: string; message: string; finishedAt: number }

/** What is known of a delivery at one moment. */
export interface DeliverySituation
  extends Pick<DeliveryView, 'id' | 'bytes' | 'startedAt' | 'usefulPeers' | 'bytesChecked'> {
  readonly suspended: boolean
  readonly artifact: ArtifactView
  /** All chunks are here and the last of them are being copied and hashed. */
  readonly verifying: boolean
  readonly outcome: Outcome | undefined
}

/** What is said of a delivery in this situation. */
export function deliveryView(situation: DeliverySituation): DeliveryView {
  const { suspended, artifact, verifying, outcome, ...known } = situation
  const { bytesHeld: bytesDone, size: bytesTotal, rate, peers } = artifact
  const base = { ...known, path: '', sha256: '', bytesDone, bytesTotal, finishedAt: 0, rate, peers }
  if (outcome) return { ...base, rate: 0, reason: '', message: '', ...outcome }
  if (suspended)
    return { ...base, rate: 0, state: 'Waiting', reason: 'Suspended', message: 'the job is suspended' }
  if (verifying)
    return { ...base, state: 'Verifying', reason: 'Verifying', message: 'hashing the whole file' }
  const { reason, message } = artifact
  return { ...base, state: artifact.state === 'Fetching' ? 'Fetching' : 'Waiting', reason, message }
}
