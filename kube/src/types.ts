// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { ObjectMeta } from '@patchswarm/api'

export type { ObjectMeta, OwnerReference } from '@patchswarm/api'

/** What every Kubernetes object has; kinds of ours extend it through @patchswarm/api, built-in ones are typed here in builtin.ts. */
export interface KubeObject {
  apiVersion?: string
  kind?: string
  metadata: ObjectMeta
}

/** Where a kind lives in the API; the type parameter is the object's. */
export interface Resource<T extends KubeObject> {
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
  /** Only for inference. */
  readonly type?: T
}

export interface ListOptions {
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
}

/** The calls that controllers make, for one kind. Every error is a KubeError with status and reason. */
export interface ResourceClient<T extends KubeObject> {
  get(name: string, namespace?: string, signal?: AbortSignal): Promise<T>
  list(options?: ListOptions, signal?: AbortSignal): Promise<T[]>
  create(object: T, signal?: AbortSignal): Promise<T>
  /** Server-side apply with the operator's field manager, forced. */
  apply(object: T, signal?: AbortSignal): Promise<T>
  /** Merge patch of the status subresource; give metadata.resourceVersion in `precondition` to fail with 409 on a stale read. */
  patchStatus(
    name: string,
    namespace: string | undefined,
    status: unknown,
    precondition?: { resourceVersion?: string; uid?: string },
    signal?: AbortSignal,
  ): Promise<T>
  /** Merge patch of the object. */
  patch(name: string, namespace: string | undefined, patch: unknown, signal?: AbortSignal): Promise<T>
  /** Not found counts as done. */
  delete(
    name: string,
    namespace?: string,
    options?: { uid?: string; propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' },
    signal?: AbortSignal,
  ): Promise<void>
}

export interface Client {
  for<T extends KubeObject>(resource: Resource<T>): ResourceClient<T>
  /** Any other call (TokenReview, TokenRequest, subresources), JSON in and out. */
  request<R>(
    method: string,
    path: string,
    body?: unknown,
    options?: { contentType?: string; signal?: AbortSignal },
  ): Promise<R>
}

/** A cache of one kind, fed by list and watch, which restarts itself after any error. */
export interface Informer<T extends KubeObject> {
  start(signal: AbortSignal): void
  /** Resolves after the first complete list. */
  synced(signal?: AbortSignal): Promise<void>
  readonly hasSynced: boolean
  get(name: string, namespace?: string): T | undefined
  list(): readonly T[]
  /** The object as the API server returned it from our own write, so that the next plan sees it at once; ignored when the cache is newer. */
  observe(object: T): void
  /** Called after the cache has changed; `object` is the new state, or the last one of a deleted object. */
  onChange(
    listener: (change: { type: 'added' | 'modified' | 'deleted'; object: T; old?: T }) => void,
  ): () => void
}

/** "namespace/name", or "name" for cluster-scoped kinds. */
export type Key = string

/** What a reconcile asks for next; a thrown TerminalError, WaitError or other error is handled by the controller loop. */
export interface ReconcileResult {
  requeueAfterMs?: number
}

export interface WorkQueue {
  add(key: Key): void
  /** Keeps the earliest of several times. */
  addAfter(key: Key, ms: number): void
  addRateLimited(key: Key): void
  forget(key: Key): void
  readonly length: number
}

export interface PlannedEvent {
  type: 'Normal' | 'Warning'
  reason: string
  message: string
}
