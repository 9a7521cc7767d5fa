// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Logger } from 'pino'
import { abortReason } from './abort.ts'
import { backoffMs } from './backoff.ts'
import type { KubeClient } from './client.ts'
import { type Clock, sleep, systemClock } from './clock.ts'
import type { InformerMetrics } from './informer-metrics.ts'
import { isGone, KubeError } from './kube-error.ts'
import { listPages } from './list.ts'
import { type Change, ObjectCache } from './object-cache.ts'
import type { Informer, KubeObject, Resource } from './types.ts'
import { watch } from './watch.ts'

export interface InformerOptions<T extends KubeObject> {
  client: KubeClient
  resource: Resource<T>
  /** All namespaces when left out. */
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
  /** Takes away what nobody reads (managedFields always go); gets an object of its own and may change it. */
  transform?: (object: T) => T
  log: Logger
  metrics?: InformerMetrics
  /** A watch that says nothing for this long is started again; default 150 s, for bookmarks come every minute. */
  watchIdleMs?: number
  random?: () => number
  clock?: Clock
}

const BACKOFF = { baseMs: 200, maxMs: 30_000 }
/** A watch that lived this long was a good one: the next failure is a first failure again. */
const HEALTHY_MS = 10_000

/** A cache of one kind, fed by list and watch, which goes on after any error until its signal is aborted. */
export function createInformer<T extends KubeObject>(options: InformerOptions<T>): Informer<T> {
  return new ListWatchInformer(options)
}

class ListWatchInformer<T extends KubeObject> implements Informer<T> {
  readonly #options: InformerOptions<T>
  readonly #clock: Clock
  readonly #random: () => number
  readonly #cache = new ObjectCache<T>()
  readonly #listeners = new Set<(change: Change<T>) => void>()
  readonly #firstList = Promise.withResolvers<void>()
  #started = false
  #mustList = true
  #lastHeardAt: number | undefined

  constructor(options: InformerOptions<T>) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
  }

  get hasSynced(): boolean {
    return this.#cache.version !== undefined
  }

  start(signal: AbortSignal): void {
    if (this.#started) throw new Error(`the informer of ${this.#options.resource.plural} was started before`)
    this.#started = true
    void this.#run(signal)
  }

  async synced(signal?: AbortSignal): Promise<void> {
    if (!signal) return await this.#firstList.promise
    signal.throwIfAborted()
    const { promise, reject } = Promise.withResolvers<never>()
    const onAbort = () => reject(abortReason(signal))
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await Promise.race([this.#firstList.promise, promise])
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  get(name: string, namespace?: string): T | undefined {
    return this.#cache.get(name, namespace)
  }

  list(): readonly T[] {
    return this.#cache.list()
  }

  observe(object: T): void {
    const { namespace } = this.#options
    if (namespace && object.metadata.namespace !== namespace) return
    this.#tell(this.#cache.observe(this.#slim(structuredClone(object))))
  }

  onChange(listener: (change: Change<T>) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { metrics, resource } = this.#options
    const hide = metrics?.show(resource.kind, {
      ageSeconds: () =>
        this.#lastHeardAt === undefined ? undefined : (this.#clock.now() - this.#lastHeardAt) / 1000,
      size: () => this.#cache.size,
    })
    try {
      let failures = 0
      while (!signal.aborted) {
        const startedAt = this.#clock.now()
        await this.#listAndWatch(signal).catch((error: unknown) => this.#failed(error, signal))
        if (this.#clock.now() - startedAt >= HEALTHY_MS) failures = 0
        await sleep(this.#clock, backoffMs(failures++, BACKOFF, this.#random), signal).catch(() => undefined)
      }
    } finally {
      hide?.()
    }
  }

  async #listAndWatch(signal: AbortSignal): Promise<void> {
    if (this.#mustList) await this.#list(signal)
    const { client, resource, namespace, labelSelector, fieldSelector } = this.#options
    const events = watch(
      client,
      resource,
      {
        ...(namespace && { namespace }),
        ...(labelSelector && { labelSelector }),
        ...(fieldSelector && { fieldSelector }),
        resourceVersion: this.#cache.version ?? '',
        // Not all of a fleet's watches at once.
        timeoutSeconds: Math.round(240 + this.#random() * 120),
        idleMs: this.#options.watchIdleMs ?? 150_000,
      },
      signal,
    )
    for await (const event of events) {
      this.#lastHeardAt = this.#clock.now()
      if (event.type === 'BOOKMARK') this.#cache.advance(event.object.metadata.resourceVersion)
      else this.#tell(this.#cache.apply(event.type, this.#slim(event.object)))
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, resource, metrics } = this.#options
    const { items, resourceVersion } = await listPages(client, resource, this.#options, signal)
    const changes = this.#cache.replace(
      items.map((item) => this.#slim(item)),
      resourceVersion,
    )
    this.#mustList = false
    this.#lastHeardAt = this.#clock.now()
    metrics?.listed(resource.kind)
    for (const change of changes) this.#tell(change)
    this.#firstList.resolve()
  }

  #failed(error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return
    const { log, metrics, resource } = this.#options
    // Whatever else went wrong, the watch resumes where it was; only the server can say that it cannot.
    if (isGone(error)) this.#mustList = true
    metrics?.restarted(resource.kind, error instanceof KubeError ? error.reason : 'Unknown')
    log.warn({ err: error, kind: resource.kind, relist: this.#mustList }, 'the watch is started again')
  }

  #slim(object: T): T {
    // Taken out by `delete` it would leave an object that V8 keeps as a table, twice as large.
    const { managedFields: _, ...metadata } = object.metadata
    const slim = { ...object, metadata }
    return this.#options.transform?.(slim) ?? slim
  }

  #tell(change: Change<T> | undefined): void {
    if (!change) return
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch (error) {
        // One listener's fault must not cost the others the change, nor the cache its watch.
        this.#options.log.error({ err: error, kind: this.#options.resource.kind }, 'a listener failed')
      }
    }
  }
}
