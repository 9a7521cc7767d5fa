// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { ArtifactReport, DeliveryReport, Report } from '@patchswarm/swarm/tracker'
import { swarmOf } from '../swarm.ts'
import { artifact } from './objects.ts'

/** Reports as the tracker hands them on, with overrides; for tests alone. */
export const artifactReport = (over: Partial<ArtifactReport> = {}): ArtifactReport => ({
  $typeName: 'patchswarm.tracker.v1.ArtifactReport',
  swarmId: swarmOf(artifact()).id,
  state: 'Ingesting',
  reason: '',
  message: '',
  size: 0,
  chunkSize: 0,
  chunksTotal: 0,
  chunksHeld: 0,
  bytesHeld: 0,
  bytesFromOrigin: 0,
  bytesFromPeers: 0,
  bytesFromCache: 0,
  bytesToPeers: 0,
  rate: 0,
  peers: 0,
  chunksRefused: 0,
  cid: '',
  sha256: '',
  originBytesRead: 0,
  sources: [],
  kept: false,
  unwelcome: false,
  signature: '',
  signatureError: '',
  collects: false,
  absent: [],
  reading: [],
  readBy: '',
  liars: [],
  originReason: '',
  originMessage: '',
  failedSpec: '',
  ...over,
})

export const deliveryReport = (over: Partial<DeliveryReport> = {}): DeliveryReport => ({
  $typeName: 'patchswarm.tracker.v1.DeliveryReport',
  id: 'uid-job/patch',
  state: 'Waiting',
  reason: '',
  message: '',
  path: '',
  sha256: '',
  bytesDone: 0,
  bytesTotal: 0,
  bytesFromOrigin: 0,
  bytesFromPeers: 0,
  bytesFromCache: 0,
  startedAt: 0,
  finishedAt: 0,
  rate: 0,
  peers: 0,
  usefulPeers: 0,
  bytesChecked: 0,
  ...over,
})

export const reportOf = (deliveries: DeliveryReport[], artifacts: ArtifactReport[] = []): Report => ({
  $typeName: 'patchswarm.tracker.v1.Report',
  seq: 1,
  desiredRevision: 1,
  artifacts,
  deliveries,
  roots: [],
  wiped: false,
  changed: [],
  peers: 0,
})
