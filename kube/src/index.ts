// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
export { abortReason } from './abort.ts'
export { type BackoffOptions, backoffMs } from './backoff.ts'
export * from './builtin.ts'
export { type CallOptions, type ClientOptions, createClient, type KubeClient } from './client.ts'
export { type Clock, sleep, systemClock } from './clock.ts'
export { type Controller, type ControllerOptions, createController, type Reconcile } from './controller.ts'
export { type ControllerMetrics, createControllerMetrics, type Outcome } from './controller-metrics.ts'
export { createEventRecorder, type EventRecorder, type EventRecorderOptions } from './event-recorder.ts'
export {
  type Check,
  createHttpServer,
  type HttpServer,
  type HttpServerOptions,
  type Route,
} from './http-server.ts'
export { createInformer, type InformerOptions } from './informer.ts'
export { createInformerMetrics, type InformerMetrics } from './informer-metrics.ts'
export { keyOf, keyOfObject, splitKey } from './key.ts'
export { type KubeConfig, KubeConfigError, loadKubeConfig } from './kube-config.ts'
export {
  isAlreadyExists,
  isConflict,
  isForbidden,
  isGone,
  isInvalid,
  isNotFound,
  KubeError,
} from './kube-error.ts'
export {
  createLeaderElection,
  type LeaderElection,
  type LeaderElectionOptions,
  LeadershipLostError,
} from './leader-election.ts'
export type { ObservedLeader } from './lease-record.ts'
export { createManualClock, type ManualClock } from './manual-clock.ts'
export { TerminalError, WaitError } from './outcome.ts'
export { collectionPath, objectPath, query } from './paths.ts'
export * from './pod-spec.ts'
export { createQueue, type Queue, type QueueOptions } from './queue.ts'
export { compareVersions } from './resource-version.ts'
export { type GiveWay, mapInSlices } from './slices.ts'
export type * from './types.ts'
