// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export type {
  Artifact,
  ArtifactReport,
  CacheReport,
  Delivery,
  DeliveryReport,
  DesiredState,
  GrantRequest,
  Guard,
  Hello,
  Peer,
  Report,
  RootReport,
} from '../proto/tracker_pb.ts'
export { createTrackerClient } from './client.ts'
export type {
  GrantInit,
  HelloInit,
  ReportInit,
  TrackerClient,
  TrackerClientComponents,
  TrackerClientInit,
  TrackerStatus,
} from './client-types.ts'
export {
  RefusedError,
  StaleTrackerError,
  TrackerPinError,
  TrackerProtocolError,
  TrackerUnavailableError,
} from './errors.ts'
export { readMemory, type TrackerMemory, writeMemory } from './memory.ts'
export { peerLists, peerListsInParts, type SwarmMember } from './peer-lists.ts'
export { protocolVersion } from './protocol-version.ts'
export { createTrackerServer, type TrackerServerComponents, type TrackerServerInit } from './server.ts'
export type {
  Authenticated,
  ClientIdentity,
  DesiredInit,
  GrantDecision,
  PeerInit,
  SourceInit,
  TrackerClientView,
  TrackerDecisions,
  TrackerServer,
} from './types.ts'
