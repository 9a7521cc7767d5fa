// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { keyOf, keyOfObject } from './key.ts'
import { compareVersions } from './resource-version.ts'
import type { Key, KubeObject } from './types.ts'

export interface Change<T extends KubeObject> {
  type: 'added' | 'modified' | 'deleted'
  /** The new state, or the last one of a deleted object. */
  object: T
  old?: T
}

/**
 * The objects of one kind as of the resourceVersion up to which the API server has told us everything, plus answers to
 * our own writes that are newer than that.
 */
export class ObjectCache<T extends KubeObject> {
  readonly #objects = new Map<Key, T>()
  #version: string | undefined
  #snapshot: readonly T[] | undefined

  /** Undefined before the first list. */
  get version(): string | undefined {
    return this.#version
  }

  get size(): number {
    return this.#objects.size
  }

  get(name: string, namespace?: string): T | undefined {
    return this.#objects.get(keyOf(name, namespace))
  }

  list(): readonly T[] {
    this.#snapshot ??= [...this.#objects.values()]
    return this.#snapshot
  }

  /** Takes a whole list; what is missing in it is gone, unless we wrote it after the list was made. */
  replace(items: readonly T[], version: string): Change<T>[] {
    const listed = new Set(items.map(keyOfObject))
    const changes = items.flatMap((item) => this.#put(item) ?? [])
    for (const [key, object] of this.#objects) {
      if (listed.has(key) || compareVersions(object.metadata.resourceVersion, version) > 0) continue
      changes.push(this.#remove(key, object))
    }
    this.#version = version
    return changes
  }

  /** Takes an event of the watch; undefined when it brings nothing new. */
  apply(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): Change<T> | undefined {
    this.advance(object.metadata.resourceVersion)
    if (type !== 'DELETED') return this.#put(object)
    const key = keyOfObject(object)
    const held = this.#objects.get(key)
    // Created anew by ourselves since then.
    if (!held || isNewer(held, object)) return undefined
    return this.#remove(key, object, held)
  }

  /** A bookmark: there was nothing for us up to this version. */
  advance(version: string | undefined): void {
    if (version !== undefined && compareVersions(version, this.#version) > 0) this.#version = version
  }

  /**
   * Takes the answer to a write of our own. What the watch has passed already is ignored: it may have shown the
   * object's deletion since, and nothing would ever remove it again.
   */
  observe(object: T): Change<T> | undefined {
    const version = object.metadata.resourceVersion
    if (this.#version === undefined || compareVersions(version, this.#version) <= 0) return undefined
    return this.#put(object)
  }

  #put(object: T): Change<T> | undefined {
    const key = keyOfObject(object)
    const old = this.#objects.get(key)
    if (old && !isNewer(object, old)) return undefined
    this.#objects.set(key, object)
    this.#snapshot = undefined
    return old ? { type: 'modified', object, old } : { type: 'added', object }
  }

  #remove(key: Key, object: T, old?: T): Change<T> {
    this.#objects.delete(key)
    this.#snapshot = undefined
    return { type: 'deleted', object, ...(old && { old }) }
  }
}

const isNewer = (a: KubeObject, b: KubeObject) =>
  compareVersions(a.metadata.resourceVersion, b.metadata.resourceVersion) > 0
