// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Logger } from 'pino'
import { EVENT, type Event } from './builtin.ts'
import { type Clock, systemClock } from './clock.ts'
import { isNotFound } from './kube-error.ts'
import type { Client, KubeObject, PlannedEvent } from './types.ts'

export interface EventRecorderOptions {
  client: Client
  /** Who says so: "patchswarm-operator". */
  component: string
  /** Which one of several: the Pod's name. */
  instance?: string
  log?: Logger
  clock?: Clock
}

export interface EventRecorder {
  /**
   * Says something about an object, which must carry apiVersion, kind and uid as the API server gives them. Never throws
   * and never waits: an event is no reason to fail. The same reason again raises the count of the first event, which then
   * has the newest words: however much happens, an object has one event a reason.
   */
  record(object: KubeObject, event: PlannedEvent): void
  /** Resolves when everything recorded so far is written or given up. */
  flush(): Promise<void>
}

/** Events of objects without a namespace live here. */
const CLUSTER_EVENTS_NAMESPACE = 'default'
const MAX_MESSAGE = 1024
/** The server drops events after an hour; a count older than that begins again. */
const FORGET_AFTER_MS = 50 * 60_000
const MAX_REMEMBERED = 4096
/** Written at a time; when this many wait, more are dropped rather than held in memory. */
const MAX_WAITING = 1000

interface Series {
  /** Ends with the last write: counts go up one after the other. */
  writing: Promise<void>
  event: Event | undefined
  count: number
  usedAt: number
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  return new Recorder(options)
}

class Recorder implements EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #clock: Clock
  /** The least recently used first. */
  readonly #series = new Map<string, Series>()
  readonly #waiting = new Set<Promise<void>>()

  constructor(options: EventRecorderOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  record(object: KubeObject, planned: PlannedEvent): void {
    if (this.#waiting.size >= MAX_WAITING) {
      this.#options.log?.warn({ reason: planned.reason }, 'event dropped: too many are waiting')
      return
    }
    const series = this.#seriesOf(object, planned)
    const write = series.writing.then(() => this.#write(series, object, planned))
    series.writing = write
    this.#waiting.add(write)
    void write.finally(() => this.#waiting.delete(write))
  }

  async flush(): Promise<void> {
    while (this.#waiting.size > 0) await Promise.all(this.#waiting)
  }

  #seriesOf(object: KubeObject, { type, reason }: PlannedEvent): Series {
    const key = JSON.stringify([object.metadata.uid, type, reason])
    const now = this.#clock.now()
    const known = this.#series.get(key)
    this.#series.delete(key)
    const series =
      known && now - known.usedAt < FORGET_AFTER_MS
        ? known
        : { writing: Promise.resolve(), event: undefined, count: 0, usedAt: now }
    series.usedAt = now
    this.#series.set(key, series)
    const [oldest] = this.#series.keys()
    if (this.#series.size > MAX_REMEMBERED && oldest !== undefined) this.#series.delete(oldest)
    return series
  }

  /** Never rejects. */
  async #write(series: Series, object: KubeObject, planned: PlannedEvent): Promise<void> {
    try {
      series.event = series.event
        ? await this.#repeat(series, series.event, object, planned)
        : await this.#create(series, object, planned)
    } catch (error) {
      this.#options.log?.warn({ err: error, reason: planned.reason }, 'event not written')
    }
  }

  async #create(series: Series, object: KubeObject, planned: PlannedEvent): Promise<Event> {
    const { client, component, instance } = this.#options
    const date = seconds(this.#clock.date())
    const { name, namespace, uid, resourceVersion } = object.metadata
    const event = {
      metadata: { generateName: `${name.slice(0, 200)}.`, namespace: namespace ?? CLUSTER_EVENTS_NAMESPACE },
      involvedObject: {
        ...(object.apiVersion && { apiVersion: object.apiVersion }),
        ...(object.kind && { kind: object.kind }),
        name,
        ...(namespace && { namespace }),
        ...(uid && { uid }),
        ...(resourceVersion && { resourceVersion }),
      },
      type: planned.type,
      reason: planned.reason,
      message: cut(planned.message),
      count: 1,
      firstTimestamp: date,
      lastTimestamp: date,
      source: { component, ...(instance && { host: instance }) },
      reportingComponent: component,
      reportingInstance: instance ?? component,
    }
    // The name is the server's to give.
    const written = await client.for(EVENT).create(event as unknown as Event)
    series.count = 1
    return written
  }

  async #repeat(series: Series, event: Event, object: KubeObject, planned: PlannedEvent): Promise<Event> {
    const patch = {
      count: series.count + 1,
      lastTimestamp: seconds(this.#clock.date()),
      message: cut(planned.message),
    }
    try {
      const { name, namespace } = event.metadata
      const written = await this.#options.client.for(EVENT).patch(name, namespace, patch)
      series.count++
      return written
    } catch (error) {
      // Expired or deleted by somebody: begins again.
      if (isNotFound(error)) return await this.#create(series, object, planned)
      throw error
    }
  }
}

/** Event times have no fraction of a second. */
const seconds = (date: Date) => date.toISOString().replace(/\.\d+Z$/, 'Z')

const cut = (message: string) =>
  message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE - 1)}…`
